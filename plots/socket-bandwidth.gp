# Bandwidth of sockets by size and protocol.
load plots . '/style.gp'
@size_ticks
set yrange [0:*]
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot table using 'size_B':(where('protocol', 'two-copy', column('bandwidth_MB_s'))) with linespoints lt 1 title 'simulated, two-copy', \
     table using 'size_B':(where('protocol', 'one-copy', column('bandwidth_MB_s'))) with linespoints lt 2 title 'simulated, one-copy'
