# Cost of pinning and unpinning by pages: the driver's calls, and the published numbers that are its inputs.
load plots . '/style.gp'
set title 'replots its inputs: the published numbers are parameters of the platform'
set logscale x 2
set xtics (1, 2, 4, 8, 16, 32)
set xrange [0.85:38]
set yrange [0:*]
set xlabel 'pages'
set ylabel 'time of a call (us)'
of(metric, y) = strcol('metric') eq metric ? y : NaN
more(i) = curves > 1 ? ', ' . LEGEND[i] : ''
plot for [i=1:curves] table using 'pages':(curve(i, column('pin_us'))) with linespoints lt 2*i-1 title 'pin' . more(i), \
     for [i=1:curves] table using 'pages':(curve(i, column('unpin_us'))) with linespoints lt 2*i title 'unpin' . more(i), \
     references using 'pages':(of('pin_us', column('value'))) with points pt 7 ps 2.2 lc rgb '#00436A' title 'published, pin', \
     references using 'pages':(of('unpin_us', column('value'))) with points pt 5 ps 2.0 lc rgb '#7A3400' title 'published, unpin', \
     references using 'pages':'value':'sure' with labels tc rgb 'white' font ',9' notitle
