# Bandwidth by size, one way and both ways, with the published peaks as lines.
load plots . '/style.gp'
stats table using 'size_B' name 'SIZE' nooutput
@size_ticks
set xrange [SIZE_min:SIZE_max]
set yrange [0:*]
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot table using 'size_B':(where('direction', 'one-way', column('bandwidth_MB_s'))) with linespoints lt 1 title 'simulated, one way', \
     table using 'size_B':(where('direction', 'both-ways', column('bandwidth_MB_s'))) with linespoints lt 2 title 'simulated, both ways', \
     references using (SIZE_min):'value':(SIZE_max - SIZE_min):(0) with vectors nohead lt 9 title 'published peaks, one way', \
     references using (SIZE_min):'value':'label' with labels left offset 1,0.6 notitle
