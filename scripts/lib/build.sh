# This file configures and builds one CMake preset.
# Sourced after common.sh and packages.sh.
# shellcheck disable=SC2154,SC2034  # root comes from there; presets is for the scripts

presets=(release dev asan tsan)

# The presets name the compiler, ccache and where libpqxx is; this is what they can't say.
use_ccache() {
    export CCACHE_BASEDIR=$root # another checkout finds this one's results
    if [ ! -w "${HOME:-}" ]; then export CCACHE_DIR=$root/.deps/ccache; fi
}

parallel_jobs() { # parallel_jobs PRESET: by cores, and by memory (sanitizers need about 2 GB for a Beast file, others 1)
    local cores available need=1000000
    case $1 in asan | tsan) need=2000000 ;; esac
    cores=$(nproc)
    available=$(awk '/^MemAvailable:/ { print $2 }' /proc/meminfo)
    available=$((available / need))
    if [ "$available" -lt 1 ]; then available=1; fi
    printf '%s' $((cores < available ? cores : available))
}

# What a configuration depends on besides the CMakeLists files, which Ninja watches itself.
configuration_key() {
    printf '%s\n' "$root" "$(g++ -dumpfullversion)"
    sha256sum <"$root/CMakePresets.json"
}

configure() { # configure PRESET: only if needed
    local key stamp=$root/build/$1/.configured fresh=()
    key=$(configuration_key)
    if [ "$(cat "$stamp" 2>/dev/null)" = "$key" ] && [ -f "$root/build/$1/build.ninja" ]; then return; fi
    log "configuring build/$1"
    # A directory that another compiler or another place of the checkout filled is no use.
    if [ -f "$stamp" ] || ! grep -qsx "CMAKE_HOME_DIRECTORY:INTERNAL=$root" "$root/build/$1/CMakeCache.txt"; then
        fresh=(--fresh)
    fi
    rm -f "$stamp"
    (cd "$root" && quietly cmake --preset "$1" "${fresh[@]}")
    printf '%s\n' "$key" >"$stamp"
}

build() { # build PRESET [TARGET]...: quiet unless it fails; on a terminal Ninja shows one line of progress
    local preset=$1 command
    shift
    use_ccache
    ensure_pqxx
    configure "$preset"
    command=(cmake --build --preset "$preset" --parallel "$(parallel_jobs "$preset")")
    if [ $# -gt 0 ]; then command+=(--target "$@"); fi
    log "building build/$preset"
    cd "$root" || return
    if [ -t 2 ]; then "${command[@]}" >&2; else quietly "${command[@]}"; fi
}
