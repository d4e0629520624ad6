# Response time against processor time, a curve for each strategy over the load.
load plots . '/style.gp'
set multiplot layout 1,2
set key tmargin center horizontal Left reverse noenhanced maxcols 3 width -2 font ',9'
set xlabel 'processor time of a wait (us)'
set logscale x
set yrange [0:*]
set ylabel 'response, median (us)'
plot for [i=1:curves] table using 'cost_us':(curve(i, column('response_p50_us'))) with linespoints lt i title LEGEND[i]
unset key
set tmargin at screen 0.84
set ylabel 'response, 99th percentile (us)'
plot for [i=1:curves] table using 'cost_us':(curve(i, column('response_p99_us'))) with linespoints lt i notitle
unset multiplot
