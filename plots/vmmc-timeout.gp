# Bandwidth by time-out of the link protocol.
load plots . '/style.gp'
set logscale x
set format x '%g'
stats table using 'vmmc.retransmit_us' name 'RTO' nooutput
set xrange [RTO_min / 1.3:RTO_max * 1.3]
set yrange [0:*]
set xlabel 'time-out (us)'
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'vmmc.retransmit_us':(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i]
