# The LogP parameters by size.
load plots . '/style.gp'
@size_ticks
set yrange [0:*]
set ylabel 'time (us)'
plot for [i=1:curves] table using 'size_B':(curve(i, column('send_us'))) with linespoints lt i title 'send overhead, ' . LEGEND[i], \
     for [i=1:curves] table using 'size_B':(curve(i, column('gap_us'))) with linespoints lt i + curves title 'gap, ' . LEGEND[i]
