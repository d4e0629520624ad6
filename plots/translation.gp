# Latency of a page by size of the translation cache, for each kind of translation.
load plots . '/style.gp'
set logscale x 2
set xtics (64, 128, 256, 512, 1024, 2048, 4096)
set xrange [220:4800]
set yrange [100:*] # not from 0: the differences are what it shows
set xlabel 'entries of the translation cache'
set ylabel 'one-way latency of 4 KB (us)'
plot for [i=1:curves] table using 'vmmc.cache_entries':(curve(i, column('one_way_us'))) with linespoints lt i title LEGEND[i]
