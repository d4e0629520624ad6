# Where the time of a message goes: a bar for each setting, its parts one behind the other from the call of the send on.
# Blue: host, orange: firmware, green: host DMA, grey: wire.
load plots . '/style.gp'
parts = experiment . '-breakdown.csv'
COLOURS = '#000000 #0072B2 #E69F00 #D55E00 #009E73 #F0C040 #BBBBBB #888888 #A65A00 #00614A #56B4E9 #003A70'

# The stages that there are, by their place among all, with their labels.
ORDERS = ''
LABELS = ''
do for [s=1:words(COLOURS)] {
	found = 0
	stats parts using (column('order') == s ? (label = strcol('label'), found = found + 1) : NaN) nooutput
	if (found > 0) { ORDERS = ORDERS . s . ' '; LABELS = LABELS . '"' . label . '" ' }
}
stats parts using 'end_us' nooutput
longest = STATS_max

# The bar of a row, from top to bottom; a row of stage s of that bar, or nothing.
bar(x) = sum [i=1:curves] (in_curve(i) ? i : 0)
of(s, x) = column('order') == s ? x : NaN
half = 0.36

set yrange [curves + 0.6:0.4]
set xrange [0:longest * 1.13]
set xlabel 'time since the call of the send (us), one way; each part lasts until ...'
set ytics () scale 0 noenhanced
set for [i=1:curves] ytics add (LEGEND[i] i)
set key tmargin center horizontal Left reverse noenhanced maxcols 3
set style fill solid 1 border lc rgb '#ffffff'
fits(x) = x > longest * 0.04
plot for [i=1:words(ORDERS)] s = int(word(ORDERS, i)) parts using (of(s, column('end_us') - column('mean_us') / 2)):(bar(0)):(column('end_us') - column('mean_us')):(column('end_us')):(bar(0) - half):(bar(0) + half) with boxxyerror dt 1 lc rgb word(COLOURS, s) title word(LABELS, i), \
     parts using (column('order') > 0 && fits(column('mean_us')) ? column('end_us') - column('mean_us') / 2 : NaN):(bar(0)):(sprintf('%.2f', column('mean_us'))) with labels font ',10' tc rgb 'white' notitle, \
     parts using (of(0, column('end_us'))):(bar(0)):(sprintf('%.2f us', column('mean_us'))) with labels left offset 0.5,0 notitle
