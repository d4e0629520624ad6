# The latency of a small experiment, with the published point.
load plots . '/style.gp'
@size_ticks
set logscale y
set yrange [1:*] # room below for the labels
set ylabel 'one-way latency (us)'
plot table using 'size_B':'one_way_us' with linespoints lt 1 title 'simulated', \
     references using 'size_B':'value' with points lt 9 ps 1.4 title 'published (sure: A, B, C, R)', \
     references using 'size_B':'value':'label' with labels left offset 1,-1 notitle
