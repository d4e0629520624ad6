# Round trip by size, Fast Sockets and what they are compared with, with the published points for one byte.
load plots . '/style.gp'
x_name = 'size_B'
@size_ticks
set xtics add ('1' 1)
set logscale y
set yrange [20:*]
set autoscale yfixmax
set ylabel 'round trip (us)'
plot for [i=1:curves] table using x_name:(curve(i, column('round_trip_us'))) with linespoints lt i title LEGEND[i], @published_points
