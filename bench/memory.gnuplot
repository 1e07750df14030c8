# Draws bench/memory: resident memory of the service by the number of requests that it has answered.
load common
set yrange [0:]
set autoscale xfix
set format x '%.0s %c'
set xlabel 'requests answered'
set ylabel 'resident memory, MB'
do for [kind in "svg png"] {
    if (kind eq 'svg') {
        set terminal svg size 900,420 font 'sans,12' background '#ffffff'
    } else {
        set terminal pngcairo size 900,420 font 'sans,10'
    }
    set output name.'.'.kind
    plot name.'.dat' using 1:3 with lines ls 1 title 'after each slice', '' using 1:4 with lines ls 2 title 'most so far'
}
