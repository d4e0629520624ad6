# Time of a transaction and bandwidth by size of the reply, for three places of the server; broken: a connection for each.
load plots . '/style.gp'
dash(i) = i % 2 ? 1 : 2
@reply_ticks
set xtics ('1' 1, '16' 16, '256' 256, '4K' 4096, '64K' 65536)
@two_panels
set logscale y
set format y '%g'
set ylabel 'time of a transaction (us)'
plot for [i=1:curves] table using 'reply_B':(curve(i, column('latency_us'))) with linespoints lt (i + 1) / 2 dt dash(i) title LEGEND[i]
@second_panel
set ylabel 'bandwidth of the replies (MB/s, 10^6 B)'
plot for [i=1:curves] table using 'reply_B':(curve(i, column('bandwidth_MB_s'))) with linespoints lt (i + 1) / 2 dt dash(i)
unset multiplot
