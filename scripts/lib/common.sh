# This file holds what every script shares: messages, --help, refusing bad usage, running a command quietly.
# Sourced first; sets $root (the checkout) and $program (the script's name, which opens each of its messages).

shopt -s inherit_errexit # "set -e" holds inside $(...), too

# shellcheck disable=SC2034  # root is for the scripts that source this file
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
program=${0##*/}

log() { printf '%s: %s\n' "$program" "$*" >&2 || true; } # "|| true": the terminal may be gone while we clean up

fail() { # fail MESSAGE: the work cannot be done
    log "$*"
    exit 1
}

refuse() { # refuse MESSAGE: the caller asked for something that cannot be (bad usage, bad input)
    log "$*"
    log "see: scripts/$program --help"
    exit 2
}

show_help() { # the comment at the top of the script is its help text
    sed -n '2,/^[^#]/s/^# \{0,1\}//p' "$0"
}

option_value() { # option_value "$@": the value of option $1, refused if it is missing
    [ -n "${2:-}" ] || refuse "$1: the value is missing"
    printf '%s' "$2"
}

quietly() { # quietly COMMAND...: shows the output only if the command fails
    local output
    output=$(mktemp)
    if ! "$@" >"$output" 2>&1 </dev/null; then
        cat "$output" >&2
        rm -f "$output"
        log "failed: $*"
        return 1
    fi
    rm -f "$output"
}

forget_libpq_environment() { # a private cluster's URL says everything; PGPORT and the like of the caller would bend it
    local name
    for name in $(compgen -e PG); do unset "$name"; done
}
