# One-way latency of sockets by size and protocol, with the published point.
load plots . '/style.gp'
x_name = 'size_B'
@size_ticks
set logscale y
set yrange [2:*] # room below for the labels
set ylabel 'one-way latency (us)'
plot for [i=1:curves] table using x_name:(curve(i, column('one_way_us'))) with linespoints lt i title LEGEND[i], @published_points
