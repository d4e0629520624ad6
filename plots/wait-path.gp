# Response and cost of a blocked wait by the cost of an interrupt, short path and signal.
load plots . '/style.gp'
set yrange [0:*]
set xrange [0:*]
set xlabel 'cost of an interrupt (us)'
set ylabel 'time (us)'
plot for [i=1:curves] table using 'host.interrupt_us':(curve(i, column('response_us'))) with linespoints lt i title LEGEND[i] . ': arrival until the process goes on', \
     for [i=1:curves] table using 'host.interrupt_us':(curve(i, column('cost_us'))) with linespoints lt i dt 2 title LEGEND[i] . ': processor time'
