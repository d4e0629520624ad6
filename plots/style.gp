# What all figures share.  The program sets: experiment (base name of the table), figure (base name of the picture), id (the same,
# with letters, digits and _ only), format (svg, png, pdf, dumb), plots (this folder); and, for the curves along the experiment's
# axis x, one for each combination of its other axes: curves (how many), LEGEND[i], in_curve(i).  The tables are in the working
# directory.
table = experiment . '.csv'
references = 'reference.csv'
set datafile separator comma
set datafile columnheaders
set datafile missing NaN

if (format eq 'svg') set terminal svg size 820,460 font 'sans-serif,13' name @id background rgb 'white'
if (format eq 'png') set terminal pngcairo size 1230,690 font 'sans,15' linewidth 1.5
if (format eq 'pdf') set terminal pdfcairo size 18cm,10cm font 'sans,10'
if (format eq 'dumb') set terminal dumb size 100,28 noenhanced
if (format ne 'dumb') set output figure . '.' . format

# Colours that keep their difference in grey and for colour-blind eyes (Okabe and Ito).
set linetype 1 lc rgb '#0072B2' pt 7 ps 0.6 lw 1.5
set linetype 2 lc rgb '#D55E00' pt 5 ps 0.6 lw 1.5
set linetype 3 lc rgb '#009E73' pt 9 ps 0.7 lw 1.5
set linetype 4 lc rgb '#CC79A7' pt 11 ps 0.7 lw 1.5
set linetype 5 lc rgb '#56B4E9' pt 13 ps 0.8 lw 1.5
set linetype 6 lc rgb '#E69F00' pt 6 ps 0.6 lw 1.5
set linetype 7 lc rgb '#7A5C00' pt 4 ps 0.6 lw 1.5
set linetype 8 lc rgb '#882255' pt 8 ps 0.7 lw 1.5
set linetype 9 lc rgb '#333333' pt 7 ps 2.4 lw 1.2 dt 2
set linetype cycle 8

if (format ne 'dumb') set grid lc rgb '#bbbbbb' lw 0.5
set border 3
set tics nomirror out
set key tmargin center horizontal Left reverse noenhanced maxcols 3 width 1

# Sizes in bytes on a logarithmic axis, in powers of two with their usual names; a little room on both sides.
size_ticks = "set logscale x 2; set xtics ('4' 4, '16' 16, '64' 64, '256' 256, '1K' 1024, '4K' 4096, '16K' 16384, '64K' 65536, '256K' 262144, '1M' 1048576); set xlabel 'message size (B)'; stats table using 'size_B' name 'SIZE' nooutput; set xrange [SIZE_min / 1.6:SIZE_max * 1.6]"

# The y of a row in curve i; else a gap that lines skip.
curve(i, y) = in_curve(i) ? y : NaN

# A published number stands where it belongs as a dark disc with the letter that says how sure it is, and its name beside it.
# Used behind the curves: plot ..., @published_points.  x_name is the column of the axis.
label_gap = format eq 'dumb' ? 3 : 1.2
published_legend = format eq 'dumb' ? 'published' : 'published (letter: how sure, A best)'
published_points = "references using x_name:'value' with points lt 9 title published_legend, references using x_name:'value':'sure' with labels tc rgb 'white' font ',10' notitle, references using x_name:'value':'label' with labels left offset label_gap,-1 notitle"

# Two panels side by side, one key above both: @two_panels, a plot, @second_panel, a plot, unset multiplot.
two_panels = "set multiplot layout 1,2; set tmargin at screen 0.80; set key at screen 0.5,0.98 center top vertical Left reverse noenhanced maxrows 3 maxcols 3 width -3"
second_panel = "unset key"

# Figures of applications: time and processor time by the cost of an interrupt.
app_time = "@two_panels; set xlabel 'cost of an interrupt (us)'; set yrange [0:*]; set ylabel 'time (ms)'; plot for [i=1:curves] table using 'host.interrupt_us':(curve(i, column('time_us') / 1000)) with linespoints lt i title LEGEND[i]; @second_panel; set ylabel 'processor time for a unit of work (us)'; plot for [i=1:curves] table using 'host.interrupt_us':(curve(i, column('cpu_us'))) with linespoints lt i notitle; unset multiplot"

# Published asymptotes of a bandwidth over size: a line each, with its letter and its name at the left.
published_asymptotes = "references using (SIZE_min):'value':(SIZE_max - SIZE_min):(0) with vectors nohead lt 9 title published_legend, references using (SIZE_min):'value' with points lt 9 notitle, references using (SIZE_min):'value':'sure' with labels tc rgb 'white' font ',10' notitle, references using (SIZE_min):'value':'label' with labels left offset label_gap,0.6 notitle"

# Colour of the p-th protocol where Active Messages are not shown, so that all figures have the same ones.
protocol_colour(p) = p + (p > 1)

# Sizes of replies on a logarithmic axis; transactions a second over them.
reply_ticks = "set logscale x 2; set xtics ('1' 1, '4' 4, '16' 16, '64' 64, '256' 256, '1K' 1024, '4K' 4096, '16K' 16384, '64K' 65536, '256K' 262144); set xlabel 'size of the reply (B)'"
transaction_rates = "@reply_ticks; set xrange [0.6:110000]; set yrange [0:*]; set ylabel 'transactions a second'; plot for [i=1:curves] table using 'reply_B':(curve(i, column('rate_per_s'))) with linespoints lt protocol_colour(i) title LEGEND[i]"
