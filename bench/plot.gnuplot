# What the plots of the benchmarks have in common. They are called with name (their data and output without the ending).
set style line 1 lc rgb '#1b6ca8' lw 2
set style line 2 lc rgb '#c8553d' lw 2
set style line 3 lc rgb '#5a8f5a' lw 2
set style line 4 lc rgb '#8a6fb0' lw 2
set grid ytics lc rgb '#dddddd'
set border 3
set tics nomirror
set key outside top center horizontal
