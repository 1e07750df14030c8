# This file holds what the benchmarks share: a throw-away catalog on a private cluster, the service, figures from /proc,
# and the end, which stops and deletes all of it. Sourced first; brings the project's own libraries with it.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # root, program and job come from those; what is set here is for the benchmarks
# shellcheck source=scripts/lib/common.sh
. "$(dirname "${BASH_SOURCE[0]}")/../scripts/lib/common.sh"
. "$root/scripts/lib/jobs.sh"

binary=''       # the program that is measured
work=''         # a new directory, deleted at the end
cluster=''      # the private cluster's directory, while there is one
admin_url=''    # its superuser
reader_url=''   # a login role that is a member of catalog_reader, as the service wants it
writer_url=''   # and one of catalog_writer, for import
kept_cluster='' # where it is if it is only stopped at the end, not deleted
postmaster=''   # the process id of PostgreSQL
service=''      # the process id of the service that is measured, while it runs
service_url=''  # where it listens
servers=()      # the process ids of all that were started
answer=''       # of the last `ask`
command_line="bench/$program${*:+ $*}"
limits=()       # what `judge` found, as JSON
results=$root/build/bench

refuse() { # refuse MESSAGE: as in common.sh, for scripts that are not in scripts/
    log "$*"
    log "see: bench/$program --help"
    exit 2
}

count_option() { # count_option MIN MAX "$@": the value of option $3, a whole number
    local value
    value=$(option_value "${@:3}")
    if ! [[ $value =~ ^[0-9]{1,9}$ ]] || [ $((10#$value)) -lt "$1" ] || [ $((10#$value)) -gt "$2" ]; then
        refuse "$3 $value: allowed: a whole number from $1 to $2"
    fi
    printf '%s' $((10#$value))
}

# ---- beginning and end

begin() { # for what makes its own database; from here on everything is cleared away on every way out
    forget_libpq_environment
    forget_settings
    begin_work
}

begin_work() { # makes the work directory
    trap end_everything EXIT
    trap 'exit 129' HUP
    trap 'exit 130' INT
    trap 'exit 141' PIPE
    trap 'exit 143' TERM
    work=$(mktemp -d "${TMPDIR:-/tmp}/backup-catalog-bench-XXXXXXXX")
    chmod 0711 "$work" # the database's user must be able to pass through
    if [ "$(stat -f -c %T "$work")" = tmpfs ]; then
        log "$work is kept in memory (tmpfs): figures will flatter a real disk; choose another place with TMPDIR=DIR"
    fi
}

forget_settings() { # the service and the import are measured with their defaults
    local name
    for name in $(compgen -e BACKUP_CATALOG_); do unset "$name"; done
}

end_everything() {
    local status=$?
    trap '' INT TERM HUP PIPE
    set +e # one step that fails must not keep the others from being done
    if [ -n "$job" ]; then end_job 15; fi
    stop_services || status=1
    remove_cluster || status=1
    rm -rf "${work:?}"
    exit "$status"
}

require_disk() { # require_disk MEGABYTES: in the work directory
    local free
    free=$(df --output=avail -B 1M "$work" | tail -n 1)
    [ "$free" -ge "$1" ] ||
        fail "$work: needs about $1 MB, has $((free)); choose another place with TMPDIR=DIR, or fewer --backups"
}

prepare_program() { # prepare_program [FILE]: installs and builds what is missing, or measures FILE as it is
    run_job "$root/scripts/setup" database bench
    if [ -n "${1:-}" ]; then
        [ -x "$1" ] || refuse "--binary $1: not a program"
        binary=$(realpath -- "$1")
    else
        run_job "$root/scripts/setup" build
        run_job "$root/scripts/build" release backup-catalog
        binary=$root/build/release/backup-catalog
    fi
}

# ---- the catalog

memory_mb() { # memory_mb PARTS: one of so many equal parts of the machine's memory
    awk -v parts="$1" '/^MemTotal:/ { print int($2 / 1024 / parts) }' /proc/meminfo
}

# A cluster with the settings of scripts/cluster, and those that docs/dba.md names for a database of millions; migrated;
# a new and empty one unless it is kept.
make_catalog() {
    cluster=${kept_cluster:-$work/cluster}
    run_job "$root/scripts/cluster" start "$cluster" --setting "shared_buffers=$(memory_mb 4)MB" \
        --setting max_wal_size=8GB >"$work/url"
    admin_url=$(<"$work/url")
    reader_url=$("$root/scripts/cluster" url "$cluster" --user bench_reader)
    writer_url=$("$root/scripts/cluster" url "$cluster" --user bench_writer)
    BACKUP_CATALOG_DATABASE_URL=$admin_url run_job "$root/scripts/migrate" deploy >"$work/migrate.log" 2>&1 || {
        cat "$work/migrate.log" >&2
        fail 'the migrations failed'
    }
    # shellcheck disable=SC2016  # dollars of SQL
    ask 'do $$ begin
             if not exists (select from pg_roles where rolname = $r$bench_reader$r$) then
                 create role bench_reader login in role catalog_reader;
                 create role bench_writer login in role catalog_writer;
             end if;
         end $$'
    ask "select split_part(pg_read_file('postmaster.pid'), e'\n', 1)"
    postmaster=$answer
}

remove_cluster() {
    local directory=$cluster
    cluster=''
    if [ -z "$directory" ]; then return 0; fi # "return" alone would be the status that a trap was entered with
    if [ -n "$kept_cluster" ]; then "$root/scripts/cluster" stop "$directory"; else "$root/scripts/cluster" remove "$directory"; fi
}

ask() { # ask SQL: answer = its rows, asked as superuser
    run_job psql -XAtq -v ON_ERROR_STOP=1 -c "$1" "$admin_url" >"$work/answer"
    answer=$(<"$work/answer")
}

load() { # load ARGUMENT...: imports what `generate ARGUMENT...` makes
    # shellcheck disable=SC2016  # expanded by that shell
    BACKUP_CATALOG_DATABASE_URL=$writer_url run_job \
        bash -o pipefail -c '"$1" generate "${@:2}" | "$1" import' load "$binary" "$@"
}

# ---- the service, and other servers that say "listening on URL"

start_service() { # start_service DATABASE_URL: with the default settings, on a free port of 127.0.0.1
    BACKUP_CATALOG_DATABASE_URL=$1 start_server "$binary" serve --listen 127.0.0.1:0 \
        --identity static --identity-file "$work/identity.json"
}

start_server() { # start_server COMMAND...: sets service and service_url; what ran before goes on running
    local waited=0 files=$work/server-${#servers[@]}
    : >"$files.out"
    start_job "$@" >"$files.out" 2>"$files.log" </dev/null
    service=$job
    servers+=("$job")
    job=''
    until service_url=$(sed -n 's/^listening on //p' "$files.out") && [ -n "$service_url" ]; do
        if ! [ -d "/proc/$service" ] || [ "$waited" -ge 200 ]; then
            cat "$files.log" >&2
            fail "the server did not start: $1"
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
}

stop_services() { # fails if one did not end with 0
    local number status=0
    for number in "${!servers[@]}"; do
        job=${servers[number]}
        unset "servers[$number]" # asked once, whatever comes of it
        end_job 15
        [ "$job_status" = 0 ] || {
            log "server $number ended with status $job_status:"
            tail -n 5 "$work/server-$number.log" >&2
            status=1
        }
    done
    servers=()
    service=''
    return "$status"
}

# ---- figures

cpu() { # cpu: clock ticks that four parties have used so far: service, PostgreSQL, this script's ended jobs, all
    { cat /proc/stat /proc/[0-9]*/stat 2>/dev/null || true; } |
        awk -v service="${service:-0}" -v postmaster="$postmaster" -v self=$$ '
            /^cpu / { all = $2 + $3 + $4 + $7 + $8 + $9 }
            /^[0-9]/ {
                pid = $1
                sub(/.*\) /, "") # the name may hold anything; then $1 is the state, $2 the parent
                if ($4 == service) own += $12 + $13 # its session: all its processes
                if (pid == postmaster) database += $12 + $13 + $14 + $15
                if ($2 == postmaster) database += $12 + $13
                if (pid == self) jobs = $14 + $15
            }
            END { print own + 0, database + 0, jobs + 0, all + 0 }'
}

resident() { # resident VmRSS|VmHWM: kB of memory that the service has now, or had at most
    awk -v name="$1:" '$1 == name { print $2 }' "/proc/$service/status"
}

judge() { # judge WHAT VALUE "at most"|"at least" LIMIT: says whether a figure is what it must be, and keeps it for the JSON
    local kept=false word=MISSED sign='>='
    if [ "$3" = 'at most' ]; then sign='<='; fi
    if [ "$(calculate %d "($2 $sign $4)")" = 1 ]; then kept=true word=kept; fi
    limits+=("$(printf '{"what":"%s","value":%s,"bound":"%s","limit":%s,"kept":%s}' "$1" "$2" "$3" "$4" "$kept")")
    printf '%s: %s (%s %s: %s)\n' "$1" "$2" "$3" "$4" "$word"
}

plot() { # plot NAME: bench/NAME.gnuplot's picture of build/bench/NAME.dat, as SVG and PNG
    run_job gnuplot -e "name='$results/$1'; common='$root/bench/plot.gnuplot'" "$root/bench/$1.gnuplot"
    log "drawn: ${results#"$PWD/"}/$1.svg, $1.png"
}

calculate() { # calculate FORMAT EXPRESSION: awk's arithmetic
    awk "BEGIN { printf \"$1\", $2 }" </dev/null
}

middle() { # middle NUMBER...: "median least greatest"
    printf '%s\n' "$@" | sort -g | awk '
        { value[NR] = $1 }
        END { print NR % 2 ? value[(NR + 1) / 2] : (value[NR / 2] + value[NR / 2 + 1]) / 2, value[1], value[NR] }'
}

column() { # column KEY NUMBER: found = median, least and greatest of a column of seen[KEY], which has a line for each round
    mapfile -t values < <(printf '%s' "${seen[$1]}" | cut -d ' ' -f "$2")
    read -ra found <<<"$(middle "${values[@]}")"
}

json_list() { # json_list VALUE...: of values that are JSON already
    local IFS=,
    printf '[%s]' "$*"
}

describe_machine() { # machine = a JSON object
    ask "select to_json(current_setting('server_version'))"
    local command=${command_line//\\/\\\\}
    machine=$(printf '{"command":"%s",' "${command//\"/\\\"}")
    machine+=$(printf '"processor":"%s","cores":%s,"memory_mb":%s,"kernel":"%s","postgresql":%s,"load_before":%s,' \
        "$(awk -F ': *' '/^model name/ { gsub(/["\\]/, "", $2); print $2; exit }' /proc/cpuinfo)" "$(nproc)" \
        "$(awk '/^MemTotal:/ { print int($2 / 1024) }' /proc/meminfo)" "$(uname -r)" "$answer" "$(cut -d ' ' -f 1 /proc/loadavg)")
    machine+=$(printf '"file_system":"%s","commit":"%s","time":"%s"}' "$(stat -f -c %T "$work")" "$(commit)" "$(date -u +%FT%TZ)")
}

commit() { # of the checkout; "+" where files differ from it
    local name
    name=$(git -C "$root" rev-parse --short HEAD 2>/dev/null) || return 0
    if [ -n "$(git -C "$root" status --porcelain 2>/dev/null)" ]; then name+=+; fi
    printf '%s' "$name"
}

warn_if_busy() {
    local load
    load=$(cut -d ' ' -f 1 /proc/loadavg)
    if [ "$(calculate %d "($load > 0.5)")" = 1 ]; then
        log "the machine is busy (load $load): figures will be lower and scatter more than on a quiet one"
    fi
}

save() { # save NAME JSON: as build/bench/NAME, in one step
    mkdir -p "$results"
    printf '%s\n' "$2" >"$results/$1.new"
    mv "$results/$1.new" "$results/$1"
    printf 'written to %s\n' "${results#"$PWD/"}/$1"
}
