# Throughput of FTP by file size: data only, and with the data connection's set-up; solid: GET, broken: PUT.
load plots . '/style.gp'
set logscale x 2
set xtics ('1K' 1024, '4K' 4096, '16K' 16384, '64K' 65536, '256K' 262144, '1M' 1048576, '4M' 4194304)
set xlabel 'file size (B)'
set yrange [0:*]
@two_panels
set ylabel 'throughput (MB/s, 10^6 B), data only'
plot for [i=1:curves] table using 'file_B':(curve(i, column('get_MB_s'))) with linespoints lt protocol_colour(i) title 'GET, ' . LEGEND[i], \
     for [i=1:curves] table using 'file_B':(curve(i, column('put_MB_s'))) with linespoints lt protocol_colour(i) dt 2 title 'PUT, ' . LEGEND[i]
@second_panel
set ylabel 'with the data connection set up'
plot for [i=1:curves] table using 'file_B':(curve(i, column('get_all_MB_s'))) with linespoints lt protocol_colour(i), \
     for [i=1:curves] table using 'file_B':(curve(i, column('put_all_MB_s'))) with linespoints lt protocol_colour(i) dt 2
unset multiplot
