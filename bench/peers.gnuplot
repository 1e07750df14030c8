# Draws bench/peers: pages a second, median and range of the rounds.
load common
set errorbars 1.5 lc rgb '#333333' lw 1.5
set style fill solid 0.9 noborder
set yrange [0:]
set offsets 0.3, 0.3, 0, 0
set ylabel 'pages a second'
set bmargin 4
unset key
do for [kind in "svg png"] {
    if (kind eq 'svg') {
        set terminal svg size 900,420 font 'sans,12' background '#ffffff'
    } else {
        set terminal pngcairo size 900,420 font 'sans,10'
    }
    set output name.'.'.kind
    plot name.'.dat' using ($0 == 0 ? $0 : NaN):2:3:4:(0.6) with boxerrorbars ls 1, \
        '' using ($0 > 0 ? $0 : NaN):2:3:4:(0.6) with boxerrorbars ls 2, \
        '' using 0:2:(sprintf("%.0f", $2)):xtic(1) with labels offset 3.5,0.7
}
