# Cost of spinning up to a limit, then blocking: measured, and in theory.
load plots . '/style.gp'
set yrange [0:*]
set xlabel 'limit (us)'
set ylabel 'processor time of a wait (us)'
plot for [i=1:curves] table using 'wait.limit_us':(curve(i, column('theory_us'))) with lines lt i notitle, \
     for [i=1:curves] table using 'wait.limit_us':(curve(i, column('cost_us'))):'cost_error_us' with yerrorbars lt i title LEGEND[i], \
     NaN with lines lc rgb '#333333' title 'lines: theory'
