# Latency of a page by entries that a miss fetches, and what a miss costs: what it adds to a page that hits, by the share of pages that missed.
load plots . '/style.gp'
set logscale x 2
set xtics (1, 2, 4, 8, 16, 32)
set xrange [0.85:38]
set yrange [0:*]
set xlabel 'entries that a miss fetches'
set ylabel 'time (us)'
stats table using (column('miss_share') == 0 ? column('one_way_us') : NaN) name 'HIT' nooutput
plot for [i=1:curves] table using 'vmmc.cache_prefetch':(curve(i, column('one_way_us'))) with linespoints lt i title 'one way of 4 KB, ' . LEGEND[i], \
     table using 'vmmc.cache_prefetch':(column('miss_share') > 0 ? (column('one_way_us') - HIT_mean) / column('miss_share') : NaN) with linespoints lt curves + 1 title 'a miss costs'
