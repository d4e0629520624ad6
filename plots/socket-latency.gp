# One-way latency of sockets by size and protocol, with the published point.
load plots . '/style.gp'
@size_ticks
set logscale y
set yrange [1:*] # room below for the labels
set ylabel 'one-way latency (us)'
plot table using 'size_B':(where('protocol', 'two-copy', column('one_way_us'))) with linespoints lt 1 title 'simulated, two-copy', \
     table using 'size_B':(where('protocol', 'one-copy', column('one_way_us'))) with linespoints lt 2 title 'simulated, one-copy', \
     references using 'size_B':'value' with points lt 9 ps 1.4 title 'published (sure: A, B, C, R)', \
     references using 'size_B':'value':'label' with labels left offset 1,-1 notitle
