# Bandwidth by number of packets in flight.
load plots . '/style.gp'
set yrange [0:*]
set xlabel 'send buffers in use (packets in flight at most)'
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'vmmc.window':(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i]
