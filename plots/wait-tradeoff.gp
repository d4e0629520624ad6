# Latency against processor time, a curve for each strategy over the load.
load plots . '/style.gp'
@two_panels
set xlabel 'processor time for a request, all hosts (us)'
set logscale x
set yrange [0:*]
set ylabel 'latency of a request, median (us)'
plot for [i=1:curves] table using 'cpu_us':(curve(i, column('latency_p50_us'))) with linespoints lt i title LEGEND[i]
@second_panel
set ylabel 'latency of a request, 99th percentile (us)'
plot for [i=1:curves] table using 'cpu_us':(curve(i, column('latency_p99_us'))) with linespoints lt i notitle
unset multiplot
