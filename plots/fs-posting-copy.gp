# Bandwidth of 8 KB messages by the speed of copies, with and without receive posting.
load plots . '/style.gp'
set logscale x
set xtics (20, 30, 40, 60, 85, 120, 167, 300)
set xlabel "speed of the host's copies (MB/s)"
set yrange [0:*]
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'host.copy_MB_s':(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i]
