# Bandwidth by error rate.  The axis is logarithmic; a rate of 0 stands at its left end.
load plots . '/style.gp'
set logscale x
zero = 0.0004
at(x) = x > 0 ? x : zero
set xtics ('0' zero, '0.1 %%' 0.001, '0.2 %%' 0.002, '0.5 %%' 0.005, '1 %%' 0.01, '2 %%' 0.02, '5 %%' 0.05, '10 %%' 0.1)
set xrange [zero / 1.2:0.12]
set yrange [0:*]
set xlabel 'packets hit'
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using (at(column('rate'))):(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i]
