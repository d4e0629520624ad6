# Cost of each ten waits, before and after a step of the mean delay.
load plots . '/style.gp'
set yrange [0:*]
set xlabel 'wait'
set ylabel 'processor time of a wait, mean of ten (us)'
plot for [i=1:curves] table using 'warm_up':(curve(i, column('cost_us'))) with linespoints lt i title LEGEND[i]
