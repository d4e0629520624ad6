# Round trip of Active Messages by size, with the published value.
load plots . '/style.gp'
@size_ticks
set yrange [0:*]
set ylabel 'round trip (us)'
plot for [i=1:curves] table using 'size_B':(curve(i, column('round_trip_us'))) with linespoints lt i title LEGEND[i], \
     references using (SIZE_min):'value' with points lt 9 title 'published', \
     references using (SIZE_min):'value':'sure' with labels tc rgb 'white' font ',10' notitle, \
     references using (SIZE_min):'value':'label' with labels left offset 1.6,0.6 notitle
