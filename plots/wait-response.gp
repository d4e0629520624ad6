# Response time, and processor time of a wait, by mean delay; a curve for each strategy.
load plots . '/style.gp'
set multiplot layout 1,2
set key tmargin center horizontal Left reverse noenhanced maxcols 3 width -2 font ',9'
set logscale x
set xlabel 'mean delay (us), exponential'
set yrange [0:*]
set ylabel 'arrival until the process goes on (us)'
plot for [i=1:curves] table using 'mean_us':(curve(i, column('response_us'))) with linespoints lt i title LEGEND[i]
set logscale y
set yrange [*:*]
set ylabel 'processor time of a wait (us)'
plot for [i=1:curves] table using 'mean_us':(curve(i, column('cost_us'))) with linespoints lt i notitle, \
     table using 'mean_us':(curve(1, column('optimum_us'))) with lines lt 9 title 'best possible: mean of min(t, B)'
unset multiplot
