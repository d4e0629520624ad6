# Goodput by error rate, every byte checked.
load plots . '/style.gp'
set logscale x
set xlabel 'packets hit by a fault (of those of 4 KB)'
set format x '%g'
stats table using 'rate' name 'RATE' nooutput
set xrange [RATE_min / 1.2:RATE_max * 1.2]
set xtics (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05)
set yrange [0:*]
set ylabel 'goodput (MB/s, 10^6 B)'
stats table using (column('wrong_B') + column('lost_B') + column('repeated_B') + column('reordered_B')) name 'BAD' nooutput
stats table using 'moved_B' name 'MOVED' nooutput
set label 1 sprintf('%.0f MB moved; bytes wrong, lost, repeated or reordered: %.0f', MOVED_sum / 1e6, BAD_sum) at graph 0.02,0.04 left
plot for [i=1:curves] table using 'rate':(curve(i, column('goodput_MB_s'))) with linespoints lt i title LEGEND[i]
