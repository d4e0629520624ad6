# Goodput by error rate, every byte checked: a panel for VMMC and one for sockets, or one for what there is.
load plots . '/style.gp'
if (format eq 'svg') set terminal svg size 820,640 font 'sans-serif,13' name @id background rgb 'white'
if (format eq 'png') set terminal pngcairo size 1230,960 font 'sans,15' linewidth 1.5
if (format eq 'pdf') set terminal pdfcairo size 18cm,14cm font 'sans,10'
if (format ne 'dumb') set output figure . '.' . format
stats table using 'rate' name 'RATE' nooutput
stats table using 'goodput_MB_s' name 'GOODPUT' nooutput
stats table using 'moved_B' name 'MOVED' nooutput
stats table using (column('wrong_B') + column('lost_B') + column('repeated_B') + column('reordered_B')) name 'BAD' nooutput
set logscale x
set xrange [RATE_min / 1.2:RATE_max * 1.2]
set xtics (0.001, 0.002, 0.003, 0.005, 0.01, 0.02, 0.03, 0.05)
set ylabel 'goodput (MB/s, 10^6 B)'

# A curve belongs to a panel by a part of its legend, which the panel says instead.
belongs(i, panel) = panel eq '' || strstrt(LEGEND[i], ', ' . panel) > 0
part(i, panel) = strstrt(LEGEND[i], ', ' . panel)
shown(i, panel) = !belongs(i, panel) ? '' : panel eq '' ? LEGEND[i] : LEGEND[i][1:part(i, panel) - 1] . LEGEND[i][part(i, panel) + strlen(panel) + 2:]
nth(i, panel) = sum [k=1:i] (belongs(k, panel) ? 1 : 0)
at(i, panel, y) = belongs(i, panel) ? curve(i, y) : NaN
panels = ''
do for [name in 'vmmc two-copy one-copy zero-copy automatic'] {
	found = 0
	do for [i=1:curves] { if (belongs(i, name)) { found = 1 } }
	if (found) { panels = panels . name . ' ' }
}
if (panels eq '') { panels = '""' }
set yrange [0:GOODPUT_max * 1.08]
set multiplot layout words(panels),1 title sprintf("%.0f MB moved; bytes wrong, lost, repeated or at another place: %.0f\n", MOVED_sum / 1e6, BAD_sum)
do for [p=1:words(panels)] {
	panel = word(panels, p)
	set label 1 panel at graph 0.02,0.08 left noenhanced
	if (p < words(panels)) { unset xlabel } else { set xlabel 'packets hit by a fault (of those of 4 KB)' }
	if (p > 1) { unset key }
	plot for [i=1:curves] table using 'rate':(at(i, panel, column('goodput_MB_s'))) with linespoints lt nth(i, panel) title shown(i, panel)
}
unset multiplot
