# Streams by size of a send; solid: socket buffers of 64 KB, broken: of 8 KB.
load plots . '/style.gp'
dash(i) = i % 2 ? 2 : 1
@size_ticks
set yrange [0:*]
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'size_B':(curve(i, column('bandwidth_MB_s'))) with linespoints lt protocol_colour((i + 1) / 2) dt dash(i) title LEGEND[i]
