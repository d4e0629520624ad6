# Messages handled, interrupts and messages for each interrupt by offered load.
load plots . '/style.gp'
set multiplot layout 1,3
set tmargin at screen 0.80
set key at screen 0.5,0.98 center top vertical Left reverse noenhanced maxrows 3 maxcols 2 width -2
set xlabel 'offered (1000 messages/s)'
set xrange [0:*]
set yrange [0:*]
set xtics 20
set ylabel 'handled (1000 messages/s)'
plot for [i=1:curves] table using (column('offered_per_s') / 1000):(curve(i, column('handled_per_s') / 1000)) with linespoints lt i title LEGEND[i]
unset key
set ylabel 'interrupts (1000/s)'
plot for [i=1:curves] table using (column('offered_per_s') / 1000):(curve(i, column('interrupts_per_s') / 1000)) with linespoints lt i notitle
set logscale y
set yrange [0.5:*]
set ylabel 'messages for each interrupt'
plot for [i=1:curves] table using (column('offered_per_s') / 1000):(curve(i, column('messages_per_interrupt'))) with linespoints lt i notitle
unset multiplot
