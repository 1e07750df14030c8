# Draws bench/load: how many of each load a second, median and range of the rounds.
load common
set boxwidth 0.6
set style fill solid 0.9 noborder
set yrange [0:]
set ylabel 'a second'
unset key
do for [kind in "svg png"] {
    if (kind eq 'svg') {
        set terminal svg size 900,420 font 'sans,12' background '#ffffff'
    } else {
        set terminal pngcairo size 900,420 font 'sans,10'
    }
    set output name.'.'.kind
    set title noenhanced 'Pages and mixed requests a second, by connections'
    plot name.'.dat' using 0:2:xtic(1) with boxes ls 1, \
        '' using 0:2:3:4 with yerrorbars lc rgb '#333333' pt 7 ps 0 lw 1.5, \
        '' using 0:2:(sprintf("%.0f", $2)) with labels offset 3,0.7 notitle
}
