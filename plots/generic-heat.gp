# Any metric by two axes as a colour, or on the terminal as a number; columns: curve, curve_text, x, x_text, mean.
load plots . '/style.gp'
set xlabel x_label noenhanced
set ylabel by_label noenhanced
set title (note eq '' ? y_label : y_label . ', ' . note) noenhanced
set key off
unset grid
set xrange [0.5:columns + 0.5]
set yrange [0.5:curves + 0.5]
set palette defined (0 '#440154', 1 '#3b528b', 2 '#21918c', 3 '#5ec962', 4 '#fde725')
if (y_log) set logscale cb
if (format eq 'dumb') plot table using 'x':'curve':(sprintf('%.4g', column('mean'))):xtic(strcol('x_text')):ytic(strcol('curve_text')) with labels
if (format ne 'dumb') set cblabel y_label noenhanced; plot table using 'x':'curve':'mean':xtic(strcol('x_text')):ytic(strcol('curve_text')) with image
