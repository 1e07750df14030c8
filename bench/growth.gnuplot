# Draws bench/growth: what a request takes, by the size of the catalog.
load common
set logscale x
set autoscale xfix
set offsets graph 0.03, graph 0.03, 0, 0
set yrange [0:]
set format x '%.0s %c'
set xlabel 'backups in the catalog'
set ylabel 'milliseconds, one client'
do for [kind in "svg png"] {
    if (kind eq 'svg') {
        set terminal svg size 800,420 font 'sans,12' background '#ffffff'
    } else {
        set terminal pngcairo size 800,420 font 'sans,10'
    }
    set output name.'.'.kind
    plot name.'.dat' using 1:($2 / 1000) with linespoints ls 1 pt 7 title 'first page', \
        '' using 1:($3 / 1000) with linespoints ls 2 pt 5 title 'deep page by marker', \
        '' using 1:($4 / 1000) with linespoints ls 3 pt 9 title 'filtered', \
        '' using 1:($5 / 1000) with linespoints ls 4 pt 11 title 'rare filter'
}
