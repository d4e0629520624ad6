# Latency of a page by entries that a miss fetches.
load plots . '/style.gp'
set logscale x 2
set xtics (1, 2, 4, 8, 16, 32)
set xrange [0.85:38]
set yrange [0:*]
set xlabel 'entries that a miss fetches'
set ylabel 'one-way latency of 4 KB (us)'
plot for [i=1:curves] table using 'vmmc.cache_prefetch':(curve(i, column('one_way_us'))) with linespoints lt i title LEGEND[i]
