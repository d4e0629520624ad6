# Of the limits that were tried, the one that costs least: by interrupt cost and mean delay.  A curve is one of these pairs.
load plots . '/style.gp'
array BEST[curves]
array ACROSS[curves]
array UP[curves]
across = ''
up = ''
do for [i=1:curves] {
	stats table using 'wait.limit_us':(curve(i, column('cost_us'))) name 'COST' nooutput
	stats table using (curve(i, column('mean_us'))) name 'MEAN' nooutput
	stats table using (curve(i, column('host.interrupt_us'))) name 'INTERRUPT' nooutput
	BEST[i] = COST_pos_min_y
	ACROSS[i] = sprintf('%g', MEAN_min)
	UP[i] = sprintf('%g', INTERRUPT_min)
	if (strstrt(' ' . across . ' ', ' ' . ACROSS[i] . ' ') == 0) { across = across . ' ' . ACROSS[i] }
	if (strstrt(' ' . up . ' ', ' ' . UP[i] . ' ') == 0) { up = up . ' ' . UP[i] }
}
place(list, name) = int(sum [k=1:words(list)] (word(list, k) eq name ? k : 0))
array COLUMN[curves]
array ROW[curves]
do for [i=1:curves] {
	COLUMN[i] = place(across, ACROSS[i])
	ROW[i] = place(up, UP[i])
}
set datafile separator whitespace # arrays are no tables
unset datafile columnheaders
unset grid
unset key
set xlabel 'mean delay (us), uniform'
set ylabel 'cost of an interrupt (us)'
set cblabel 'best limit (us)'
set xrange [0.5:words(across) + 0.5]
set yrange [0.5:words(up) + 0.5]
set xtics ()
set ytics ()
do for [k=1:words(across)] { set xtics add (word(across, k) k) }
do for [k=1:words(up)] { set ytics add (word(up, k) k) }
set palette defined (0 '#ffffff', 1 '#56B4E9', 2 '#0072B2', 3 '#003355')
plot BEST using (COLUMN[$1]):(ROW[$1]):2 with image, \
     BEST using (COLUMN[$1]):(ROW[$1]):(sprintf('%g', $2)) with labels tc rgb '#D55E00'
