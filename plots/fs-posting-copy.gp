# Round trip of 8 KB by the speed of copies, with and without receive posting.
load plots . '/style.gp'
set logscale x
stats table using 'host.copy_MB_s' name 'SPEED' nooutput
set xrange [SPEED_min / 1.1:SPEED_max * 1.1]
set xtics (20, 30, 40, 60, 85, 120, 167, 300)
set xlabel "speed of the host's copies (MB/s)"
set yrange [0:*]
set ylabel 'round trip (us)'
plot for [i=1:curves] table using 'host.copy_MB_s':(curve(i, column('round_trip_us'))) with linespoints lt i title LEGEND[i]
