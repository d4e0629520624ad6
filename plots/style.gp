# What all figures share.  The program sets: experiment (base name of the table), figure (base name of the picture), id (the same,
# with letters, digits and _ only), format (svg, png, pdf, dumb), plots (this folder).  The tables are in the working directory.
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
set linetype 9 lc rgb '#333333' pt 2 ps 1.0 lw 1.2 dt 2

if (format ne 'dumb') set grid lc rgb '#bbbbbb' lw 0.5
set border 3
set tics nomirror out
set key tmargin center horizontal Left reverse

# Sizes in bytes on a logarithmic axis, in powers of two with their usual names.
size_ticks = "set logscale x 2; set xtics ('4' 4, '16' 16, '64' 64, '256' 256, '1K' 1024, '4K' 4096, '16K' 16384, '64K' 65536, '256K' 262144, '1M' 1048576); set xlabel 'message size (B)'"

# Rows of a table in which a column has a value: x or y there, else a gap that lines skip.
where(column_name, value, x) = strcol(column_name) eq value ? x : NaN
