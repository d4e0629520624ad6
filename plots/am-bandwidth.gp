# Bandwidth of Active Messages by size, with the published peak as a line.
load plots . '/style.gp'
@size_ticks
set yrange [0:*]
set ylabel 'bandwidth (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'size_B':(curve(i, column('bandwidth_MB_s'))) with linespoints lt i title LEGEND[i], \
     references using (SIZE_min):'value':(SIZE_max - SIZE_min):(0) with vectors nohead lt 9 title 'published peak', \
     references using (SIZE_min):'value' with points lt 9 notitle, \
     references using (SIZE_min):'value':'sure' with labels tc rgb 'white' font ',10' notitle, \
     references using (SIZE_min):'value':'label' with labels left offset 1.6,0.6 notitle
