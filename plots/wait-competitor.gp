# What a competing process gets of the processor, and how late the waiting one is, by mean delay.
load plots . '/style.gp'
@two_panels
set logscale x
set xlabel 'mean delay (us), exponential'
set yrange [0:1]
set ylabel 'share of the processor that the competitor gets'
plot for [i=1:curves] table using 'mean_us':(curve(i, column('competitor_share'))) with linespoints lt i title LEGEND[i]
@second_panel
set logscale y
set yrange [*:*]
set ylabel 'arrival until the process goes on, mean (us)'
plot for [i=1:curves] table using 'mean_us':(curve(i, column('response_us'))) with linespoints lt i notitle
unset multiplot
