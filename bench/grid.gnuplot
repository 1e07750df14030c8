# Draws the distribution of bench/grid: called with data (the lines of the requests) and base (output without its ending).
field(name) = sprintf("< sed -E 's/.*\"%s\":([0-9.E+-]+).*/\\1/' '%s' | sort -g | awk '{ v[NR] = $1 } END { for (i = 1; i <= NR; i++) print (v[i] > 0 ? v[i] : 0.001), i / NR * 100 }'", name, data)
set style line 1 lc rgb '#1b6ca8' lw 2
set style line 2 lc rgb '#c8553d' lw 2
set style line 3 lc rgb '#5a8f5a' lw 2
set grid lc rgb '#dddddd'
set border 3
set tics nomirror
set key bottom right
set logscale x
set ylabel 'requests below, %'
set yrange [0:100]
do for [kind in "svg png"] {
    if (kind eq 'svg') {
        set terminal svg size 1000,420 font 'sans,12' background '#ffffff'
    } else {
        set terminal pngcairo size 1000,420 font 'sans,10'
    }
    set output base.'.'.kind
    set multiplot layout 1,2 title 'Every filter, every order, first and deep pages'
    set xlabel 'buffers (8 kB pages touched)'
    set xrange [1:]
    plot field('page_buffers') using 1:2 with lines ls 1 title 'page', field('count_buffers') using 1:2 with lines ls 2 title 'count'
    set xlabel 'milliseconds'
    set xrange [0.1:]
    plot field('page_ms') using 1:2 with lines ls 1 title 'page', field('count_ms') using 1:2 with lines ls 2 title 'count', \
        field('all_ms') using 1:2 with lines ls 3 title 'whole request'
    unset multiplot
}
