# This file makes, starts and stops private PostgreSQL clusters that listen on a unix socket only.
# Sourced after common.sh and packages.sh.
#
# A cluster lives in its home: DIR itself, or the place that DIR/location names. There:
#   data/             PostgreSQL's data directory
#   settings.conf     our settings, written at every start
#   socket/           the socket's directory; if its path were too long, socket-location names one in /tmp
#   log               what the server says
#
# Who gets in: connections need no password ("trust"), the directories are the gate. The home and the socket's
# directory belong to the server's user and the caller's group and are closed to everybody else (0770), so that only
# the server's user, the caller and root reach the socket.
#
# PostgreSQL refuses to run as root; for root its programs run as user postgres.

cluster_entries=(data data.new settings.conf socket socket-location log location)

server_user() { if [ "$(id -u)" = 0 ]; then printf postgres; else id -un; fi; }

as_server() { # as_server COMMAND...: runs it as the server's user, without the caller's environment and locks (9)
    local clean=(env -i "PATH=/usr/bin:/bin" LC_ALL=C.UTF-8)
    (
        cd /
        if [ "$(id -u)" = 0 ]; then
            exec setpriv --reuid=postgres --regid=postgres --init-groups -- "${clean[@]}" "$@"
        else
            exec "${clean[@]}" "$@"
        fi
    ) 9>&-
}

# Root never writes inside a directory of the server's user: the server could point it elsewhere with a symbolic link.
write_as_server() { # write_as_server FILE: standard input into the file
    as_server sh -c 'umask 077 && cat >"$1"' sh "$1"
}

# shellcheck disable=SC2086  # the glob is meant
postgres_bin() { # postgres_bin [VERSION]: the directory of the newest server programs, or of one major version's
    local directory newest=''
    while read -r directory; do
        if [ -x "$directory/initdb" ]; then newest=$directory; fi
    done < <(printf '%s\n' /usr/lib/postgresql/${1:-*}/bin | sort -V)
    [ -n "$newest" ] && printf '%s' "$newest"
}

bin_for_home() { # bin_for_home HOME: server programs that fit its data
    local version bin
    if [ -z "$(postgres_bin)" ]; then install_packages database; fi
    version=$(cat "$1/data/PG_VERSION" 2>/dev/null || true)
    bin=$(postgres_bin "$version") ||
        fail "$1/data: made by PostgreSQL $version, which is not installed (there is $(postgres_bin)); install" \
            "postgresql-$version, or export the data with it and start with an empty directory"
    [ -n "$version" ] || [ "$(basename "$(dirname "$bin")")" -ge 15 ] ||
        fail "$bin: too old; PostgreSQL 15 or newer is needed"
    printf '%s' "$bin"
}

closed_parent() { # closed_parent PATH: the first directory above it that the server's user may not search
    local path=$1 parents=()
    while [ "$path" != / ]; do
        path=$(dirname "$path")
        parents=("$path" "${parents[@]}")
    done
    as_server sh -c 'for d; do [ -x "$d" ] || { printf %s "$d"; exit; }; done' sh "${parents[@]}"
}

open_to_server() { # open_to_server DIRECTORY: for the server's user and the caller's group only
    if [ "$(id -u)" = 0 ]; then chown "postgres:$(id -g)" "$1"; fi
    chmod 0770 "$1"
}

cluster_home() { # cluster_home DIR: where its files are
    cat "$1/location" 2>/dev/null || printf '%s' "$1"
}

settle_home() { # settle_home DIR: decides where a cluster lives, prepares the place, prints it
    local dir=$1 home parent entry
    home=$(cluster_home "$dir")
    parent=$(closed_parent "$home")
    if [ -n "$parent" ]; then
        [ ! -e "$home/data" ] || fail "$home: user postgres may not search $parent; allow it: chmod o+x $parent"
        home=/var/lib/backup-catalog/$(printf %s "$dir" | sha256sum | cut -c 1-16)
        log "$dir: user postgres may not search $parent, so the database lies in $home"
        if [ -e "$home" ]; then
            log "$home: removing what an earlier $dir left there"
            halt_server "$home" immediate
            rm -rf "$home"
        fi
        mkdir -p "$home"
        printf '%s\n' "$home" >"$dir/location"
    elif [ ! -e "$home/data" ]; then
        mkdir -p "$home"
        while read -r entry; do
            [[ " ${cluster_entries[*]} " = *" $entry "* ]] ||
                fail "$home: holds no cluster but other things ($entry); name an empty or new directory"
        done < <(find "$home" -mindepth 1 -maxdepth 1 -printf '%f\n')
    fi
    open_to_server "$home"
    printf '%s' "$home"
}

socket_directory() { # socket_directory HOME: the one in use; empty if none was chosen yet
    local remembered
    remembered=$(cat "$1/socket-location" 2>/dev/null || true)
    if [ -n "$remembered" ]; then
        if [ "$(stat -c %U "$remembered" 2>/dev/null)" = "$(server_user)" ]; then printf '%s' "$remembered"; fi
    elif [ -d "$1/socket" ]; then
        printf '%s' "$1/socket"
    fi
}

choose_socket_directory() { # choose_socket_directory HOME: makes it where it is missing; lets the server in
    local home=$1 directory
    directory=$(socket_directory "$home")
    if [ -z "$directory" ]; then directory=$(make_socket_directory "$home"); fi
    open_to_server "$directory"
}

make_socket_directory() { # make_socket_directory HOME: prints where
    local home=$1 directory=$1/socket
    # A socket's path may have 107 bytes; PostgreSQL's list of directories needs quoting for unusual characters.
    if [ "$(printf '%s/.s.PGSQL.5432' "$directory" | wc -c)" -le 100 ] && [[ $directory != *[!A-Za-z0-9/._-]* ]]; then
        mkdir -p "$directory"
    else
        directory=$(mktemp -d /tmp/backup-catalog-XXXXXXXX)
        printf '%s\n' "$directory" | write_as_server "$home/socket-location"
    fi
    printf '%s' "$directory"
}

cluster_url() { # cluster_url DIR [ROLE]: a libpq URL
    local socket
    socket=$(socket_directory "$(cluster_home "$1")")
    [ -n "$socket" ] || fail "$1: no cluster was started there; start one: scripts/cluster start $1"
    printf 'postgresql:///catalog?host=%s&user=%s\n' "$(percent_encode "$socket")" "$(percent_encode "${2:-postgres}")"
}

percent_encode() { # percent_encode TEXT: for a value in a URL's query
    local LC_ALL=C text=$1 i character
    for ((i = 0; i < ${#text}; i++)); do
        character=${text:i:1}
        case $character in
        [A-Za-z0-9/._~-]) printf '%s' "$character" ;;
        *) printf '%%%02X' "'$character" ;;
        esac
    done
}

megabytes_for_shared_buffers() { # an eighth of the memory (of the container's, where that is less), at most 512 MB
    local kilobytes limit
    kilobytes=$(awk '/^MemTotal:/ { print $2 }' /proc/meminfo)
    limit=$(cat /sys/fs/cgroup/memory.max 2>/dev/null || true)
    if [[ $limit =~ ^[0-9]+$ ]] && [ $((limit / 1024)) -lt "$kilobytes" ]; then kilobytes=$((limit / 1024)); fi
    kilobytes=$((kilobytes / 8 / 1024))
    printf '%s' $((kilobytes < 512 ? kilobytes : 512))
}

cluster_settings() { # cluster_settings SOCKET_DIRECTORY [NAME=VALUE]...: the configuration file's text
    local setting quoted
    cat <<END
# Written by scripts/cluster at every start; add settings with --setting.
listen_addresses = ''
port = 5432
unix_socket_directories = '$1'
shared_buffers = $(megabytes_for_shared_buffers)MB
max_connections = 100
max_wal_size = 4GB
checkpoint_timeout = 15min
wal_compression = lz4
default_toast_compression = lz4
random_page_cost = 1.1
jit = off
timezone = UTC
log_timezone = UTC
log_line_prefix = '%m [%p] %u '
END
    shift
    for setting in "$@"; do
        quoted=${setting#*=}
        printf "%s = '%s'\n" "${setting%%=*}" "${quoted//\'/\'\'}"
    done
}

make_data() { # make_data HOME BIN: into data.new first, so that an interrupted initdb is not taken for a cluster
    local home=$1 bin=$2
    as_server rm -rf "$home/data.new"
    quietly as_server "$bin/initdb" --pgdata "$home/data.new" --username postgres --encoding UTF8 --locale C.UTF-8 \
        --data-checksums --auth-local trust --auth-host reject
    as_server sh -c 'echo "include '\''../settings.conf'\''" >>"$1/postgresql.conf"' sh "$home/data.new"
    as_server mv "$home/data.new" "$home/data"
}

# Whether the server runs is asked of /proc: a pid file outlives kill -9 and may name a process that is somebody else's
# by now, or a dead one that nobody collects (many containers). PostgreSQL's processes work in their data directory.
server_processes() { # server_processes HOME: their ids
    find /proc -mindepth 2 -maxdepth 2 -path '/proc/[0-9]*' -name cwd -printf '%l\t%h\n' 2>/dev/null |
        awk -F '\t' -v data="$(realpath "$1/data")" '$1 == data { sub("/proc/", "", $2); print $2 }'
}

server_runs() { # server_runs HOME: it answers, or is starting or stopping
    local pid
    pid=$(head -n 1 "$1/data/postmaster.pid" 2>/dev/null || true)
    [ -n "$pid" ] && [ "$(readlink "/proc/$pid/cwd" 2>/dev/null)" = "$(realpath "$1/data")" ]
}

clear_after_crash() { # clear_after_crash HOME: its lock files, once nothing of the dead server is left
    local home=$1 waited=0
    if [ ! -e "$home/data/postmaster.pid" ] && [ ! -e "$(socket_directory "$home")/.s.PGSQL.5432.lock" ]; then return; fi
    while [ -n "$(server_processes "$home")" ]; do # a dead server's children notice within moments
        [ "$waited" -lt 100 ] ||
            fail "$home: processes of a crashed server are still there:" "$(server_processes "$home" | paste -s -d ' ')"
        sleep 0.1
        waited=$((waited + 1))
    done
    as_server rm -f "$home/data/postmaster.pid" "$(socket_directory "$home")/.s.PGSQL.5432.lock"
}

launch_server() { # launch_server HOME BIN
    local home=$1 bin=$2 before
    clear_after_crash "$home"
    before=$(stat -c %s "$home/log" 2>/dev/null || echo 0)
    if as_server "$bin/pg_ctl" start --silent --wait --timeout 120 --pgdata "$home/data" --log "$home/log" \
        >/dev/null 2>&1; then
        return
    fi
    tail -c "+$((before + 1))" "$home/log" | grep -v -E ' LOG:  (starting|listening|database system)' | tail -n 5 >&2
    fail "$home: PostgreSQL does not start; the whole story is in $home/log"
}

ensure_database() { # ensure_database URL BIN
    local maintenance=${1/\/catalog\?/\/postgres\?}
    if [ "$("$2/psql" -XAtqc "select count(*) from pg_database where datname = 'catalog'" "$maintenance")" = 0 ]; then
        "$2/psql" -Xqc 'create database catalog' "$maintenance"
    fi
}

lock_cluster() { # lock_cluster DIR: one command at a time; the lock is the directory itself, held on descriptor 9
    exec 9<"$1"
    flock --timeout 180 9 || fail "$1: another scripts/cluster has been busy here for three minutes"
}

cluster_start() { # cluster_start DIR [NAME=VALUE]...: prints the superuser's URL
    local dir=$1 home bin url
    shift
    if [ -z "$(postgres_bin)" ]; then install_packages database; fi # brings user postgres, too
    mkdir -p "$dir"
    lock_cluster "$dir"
    home=$(settle_home "$dir")
    bin=$(bin_for_home "$home")
    if [ ! -e "$home/data" ]; then make_data "$home" "$bin"; fi
    choose_socket_directory "$home"
    url=$(cluster_url "$dir")
    if ! server_runs "$home"; then
        cluster_settings "$(socket_directory "$home")" "$@" | write_as_server "$home/settings.conf"
        launch_server "$home" "$bin"
    elif [ $# -gt 0 ]; then
        log "$dir: already running; its settings stay as they are until it is stopped and started"
    fi
    ensure_database "$url" "$bin"
    printf '%s\n' "$url"
}

halt_server() { # halt_server HOME MODE: returns when the server is gone, or was not there
    local home=$1 bin
    if ! server_runs "$home"; then return; fi
    bin=$(bin_for_home "$home")
    quietly as_server "$bin/pg_ctl" stop --silent --wait --timeout 60 --mode "$2" --pgdata "$home/data" ||
        quietly as_server "$bin/pg_ctl" stop --silent --wait --timeout 60 --mode immediate --pgdata "$home/data"
}

cluster_stop() { # cluster_stop DIR [MODE]: no error if it is not running
    local home
    home=$(cluster_home "$1")
    if [ ! -d "$home" ]; then return; fi
    lock_cluster "$1"
    halt_server "$home" "${2:-fast}"
    if [ -e "$home/socket-location" ]; then
        rm -rf "$(socket_directory "$home")"
        as_server rm -f "$home/socket-location"
    fi
}

cluster_remove() { # cluster_remove DIR: stops it and deletes it with all data
    local home entry
    home=$(cluster_home "$1")
    cluster_stop "$1" immediate
    for entry in "${cluster_entries[@]}"; do rm -rf "${home:?}/$entry"; done
    rm -f "$1/location"
    rmdir --ignore-fail-on-non-empty "$home" "$1" 2>/dev/null || true
    rmdir --ignore-fail-on-non-empty /var/lib/backup-catalog 2>/dev/null || true
}

cluster_status() { # cluster_status DIR: one line; fails unless it is running
    local home
    home=$(cluster_home "$1")
    if [ ! -e "$home/data" ]; then
        printf 'none: %s holds no cluster\n' "$1"
    elif ! server_runs "$home"; then
        printf 'stopped: %s\n' "$home"
    else
        printf 'running: %s\n' "$(cluster_url "$1")"
        return
    fi
    return 1
}
