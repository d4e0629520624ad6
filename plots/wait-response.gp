# Response time, and processor time of a wait, by mean delay; a curve for each strategy.
load plots . '/style.gp'
@two_panels
set logscale x
set xlabel 'mean delay (us), exponential'
set yrange [0:*]
set ylabel 'arrival until the process goes on (us)'
plot for [i=1:curves] table using 'mean_us':(curve(i, column('response_us'))) with linespoints lt i title LEGEND[i], \
     NaN with lines lt 9 title 'best possible: mean of min(t, B)'
@second_panel
set logscale y
set yrange [*:*]
set ylabel 'processor time of a wait (us)'
plot for [i=1:curves] table using 'mean_us':(curve(i, column('cost_us'))) with linespoints lt i notitle, \
     table using 'mean_us':(curve(1, column('optimum_us'))) with lines lt 9 notitle
unset multiplot
