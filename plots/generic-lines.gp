# Any metric over any axis, one curve for each value of another; columns: curve, x, x_text, mean, low, high.
load plots . '/style.gp'
set xlabel x_label noenhanced
set ylabel y_label noenhanced
if (note ne '') set title note noenhanced
if (x_log) set logscale x
if (y_log) set logscale y
if (x_words) set xrange [0.5:columns + 0.5]
if (curves == 1) set key off
mean(i) = curve(i, column('mean'))
colour(i) = (i - 1) % 8 + 1
x_ticks = x_log || x_words ? ":xtic(strcol('x_text'))" : ''
bars = spread ? ":(column('low')):(column('high'))" : ''
style = spread ? 'yerrorlines' : 'linespoints'
plot for [i=1:curves] table using 'x':(mean(i))@bars@x_ticks with @style lt colour(i) title LEGEND[i]
