# Bandwidth by size, with and without receive posting.
load plots . '/style.gp'
@size_ticks
set yrange [0:*]
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'size_B':(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i]
