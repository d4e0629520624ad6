# Where the time of a one-word message goes: a bar for each stage, from the end of the one before it to its own end.
load plots . '/style.gp'
parts = experiment . '-breakdown.csv'
stats parts using 'mean_us' nooutput
n = STATS_records - 1 # the last row is the total
start = 0.0
begin(d) = (start = start + d, start - d)
set yrange [n - 0.4:-0.6]
set xrange [0:STATS_max * 1.15] # room for the last labels
set xlabel 'time since the call of the send (us), one way'
set title sprintf('one word: %.2f us in all', STATS_max)
set lmargin at screen 0.36
set rmargin at screen 0.97
set style fill solid 0.85 border lc rgb '#ffffff'
unset key
half = 0.36
plot parts every ::0::n-1 using (s = begin(column('mean_us')), s + column('mean_us') / 2):0:(s):(s + column('mean_us')):($0 - half):($0 + half):ytic(2) with boxxyerror lt 1, \
     start = 0.0, parts every ::0::n-1 using (s = begin(column('mean_us')), s + column('mean_us')):0:(sprintf('%.2f us', column('mean_us'))) with labels left offset 0.3,0
