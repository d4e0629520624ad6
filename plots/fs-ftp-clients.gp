# Throughput of an FTP server by the number of its clients, and the time of a transfer.
load plots . '/style.gp'
set xlabel 'clients'
set xtics 1
set yrange [0:*]
@two_panels
set ylabel 'all transfers (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'clients':(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i]
@second_panel
set ylabel 'time of a transfer (ms)'
plot for [i=1:curves] table using 'clients':(curve(i, column('latency_us') / 1000)) with linespoints lt i
unset multiplot
