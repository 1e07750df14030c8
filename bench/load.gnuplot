# Draws bench/load: how many of each load a second, median and range of the rounds.
load common
set errorbars 1.5 lc rgb '#333333' lw 1.5
set style fill solid 0.9 noborder
set yrange [0:]
set offsets 0.3, 0.3, 0, 0
set ylabel 'a second'
unset key
do for [kind in "svg png"] {
    if (kind eq 'svg') {
        set terminal svg size 900,420 font 'sans,12' background '#ffffff'
    } else {
        set terminal pngcairo size 900,420 font 'sans,10'
    }
    set output name.'.'.kind
    plot name.'.dat' using 0:2:3:4:(0.6) with boxerrorbars ls 1, \
        '' using 0:2:(sprintf("%.0f", $2)):xtic(1) with labels offset 3.5,0.7
}
