# This file holds what the benchmarks of pages share: the request for one page and its check, its SQL as the service sends
# it, the load of wrk and that of pgbench with what they cost. Sourced after lib.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154,SC2034  # lib.sh has the rest; what is set here is for the benchmarks

limit=50        # backups on the page
seconds=10      # of each load
project=''      # whose backups are read: the largest project
token=''        # of that project, a new one for each run
target=''       # path and query of the request
pipelined=''    # not empty: pgbench sends its whole transaction at once
clients=''      # connections of pgbench; without a number, as many as the service has to PostgreSQL
page_bytes=0    # of an answer's body

fill_catalog() {
    log "making a catalog of $backups backups"
    load --backups "$backups"
    settle_catalog
}

settle_catalog() { # so that no vacuum or checkpoint of the load falls into a round
    ask 'select catalog.fold_counts()' >/dev/null
    run_job psql -Xq -c 'vacuum (analyze)' -c checkpoint "$admin_url"
}

choose_project() { # the largest one: project, target, token, and the identity file
    ask 'select project_id from catalog.backups where owner_project_id is null and parent_id is null
         group by 1 order by count(*) desc, 1 limit 1'
    project=$answer
    target="/v3/$project/backups?limit=$limit"
    token=$(head -c 24 /dev/urandom | base64 | tr '+/' '-_')
    (umask 077 && printf '{"tokens":[{"token":"%s","user_id":"bench","project_id":"%s","roles":["reader"]}]}\n' \
        "$token" "$project" >"$work/identity.json")
}

# ---- the request and its SQL

fetch_page() { # the answer to one request: its status in $work/status, its body in $work/body
    (umask 077 && printf 'url = "%s%s"\nheader = "X-Auth-Token: %s"\n' "$service_url" "$target" "$token" >"$work/curl.conf")
    run_job curl --silent --show-error --globoff --max-time 60 --config "$work/curl.conf" --output "$work/body" \
        --write-out '%{http_code}' >"$work/status" || fail 'the service did not answer'
}

check_answer() { # check_answer CONDITION [MARKER]: count and ids of target against a plain count and a plain sort of the table
    fetch_page
    [ "$(<"$work/status")" = 200 ] ||
        fail "$target: the service answered: $(<"$work/status") $(head -c 500 "$work/body")"
    cat >"$work/check.sql" <<'END'
\set body `cat "$BENCH_BODY"`
with listed as (select id, created_at from catalog.backups
    where project_id = :'project' and owner_project_id is null and parent_id is null and :condition),
answer as (select :'body'::json as json)
select (json ->> 'count')::bigint = (select count(*) from listed),
    array(select e ->> 'id' from json_array_elements(json -> 'backups') e)
        = array(select id::text from listed
            where :'marker' = '' or (created_at, id) < (select created_at, id from listed where id::text = :'marker')
            order by created_at desc, id desc limit :limit),
    json ->> 'count', json_array_length(json -> 'backups') from answer
END
    BENCH_BODY=$work/body run_job psql -XAtq -F ' ' -v ON_ERROR_STOP=1 -v project="$project" -v limit="$limit" \
        -v condition="$1" -v marker="${2:-}" -f "$work/check.sql" "$admin_url" >"$work/answer" ||
        fail "$target: the answer is not JSON with \"count\" and \"backups\""
    read -r count_is_right page_is_right count shown <"$work/answer"
    [ "$count_is_right" = t ] || fail "$target: the answer's count is $count, which is wrong"
    [ "$page_is_right" = t ] || fail "$target: the answer's $shown backups are not the $limit that a plain sort gives"
    page_bytes=$(stat -c %s "$work/body")
}

logged() { # logged COMMAND...: the part of PostgreSQL's log, with every statement of bench_reader, that COMMAND makes
    local before
    before=$(stat -c %s "$server_log")
    ask "alter role bench_reader set log_statement = 'all'"
    "$@"
    ask 'alter role bench_reader reset log_statement'
    tail -c "+$((before + 1))" "$server_log" >"$work/log"
}

transaction() { # transaction PART: of the log, see transaction.awk
    awk -v part="$1" -f "$root/bench/transaction.awk" "$work/log"
}

ask_service_once() { # a service of its own: the settings of a role count from the connection on
    start_service "$reader_url"
    fetch_page
    stop_services
}

run_pgbench() { # run_pgbench CLIENTS OPTION...
    PGOPTIONS=$session_settings run_job timeout --kill-after 5 $((seconds + 60)) pgbench --no-vacuum --protocol prepared \
        --client "$1" --jobs 1 --file "$work/pgbench.sql" "${variables[@]}" "${@:2}" "$reader_url" \
        >"$work/pgbench.txt" 2>"$work/pgbench.log" || {
        cat "$work/pgbench.log" >&2
        fail 'pgbench failed'
    }
}

# What the service sends for the request is read from PostgreSQL's log, so that pgbench is never behind the service; then
# the log of one pgbench transaction must show the same statements with the same parameters.
take_sql_from_service() {
    local line
    ask "select current_setting('data_directory')"
    server_log=${answer%/data}/log
    logged ask_service_once
    session_settings=$(transaction settings)
    transaction script >"$work/pgbench.sql"
    if [ -n "$pipelined" ]; then sed -i -e '1i \\\startpipeline' -e '$a \\\endpipeline' "$work/pgbench.sql"; fi
    transaction variables >"$work/variables"
    transaction sequence >"$work/sequence.service"
    variables=()
    while IFS= read -r line; do variables+=(--define "$line"); done <"$work/variables"
    logged run_pgbench 1 --transactions 1
    transaction sequence >"$work/sequence.pgbench"
    diff "$work/sequence.service" "$work/sequence.pgbench" >&2 || fail 'pgbench does not run what the service runs, see above'
}

# ---- loads

measure() { # measure COMMAND...: runs it; used = CPU ticks of service, PostgreSQL, load generator, and of everything
    local before after i
    read -ra before <<<"$(cpu)"
    "$@"
    read -ra after <<<"$(cpu)"
    used=()
    for i in 0 1 2 3; do used+=($((after[i] - before[i]))); done
}

run_wrk() { # run_wrk CONNECTIONS SECONDS [FILE]: the one request, or those of FILE (report.lua says how)
    BENCH_TOKEN=$token BENCH_REQUESTS=${3:-} run_job timeout --kill-after 5 $(($2 + 60)) wrk --connections "$1" --threads 1 \
        --duration "$2s" --timeout 10s --script "$root/bench/report.lua" "$service_url$target" >"$work/wrk.txt" || {
        cat "$work/wrk.txt" >&2
        fail 'wrk failed'
    }
}

load_service() { # load_service CONNECTIONS [FILE]: requests, microseconds, request_rate, p50, p99, slowest, bytes, CPU of each
    local refused errors
    measure run_wrk "$1" "$seconds" "${2:-}"
    read -r requests microseconds bytes refused errors p50 p99 slowest <<<"$(sed -n 's/^report //p' "$work/wrk.txt")"
    [ "${requests:-0}" -gt 0 ] || fail 'wrk got no answer'
    [ "$refused" = 0 ] || fail "$refused of $requests answers were refusals (status 400 and above)"
    [ "$errors" = 0 ] || fail "$errors connections or requests failed or timed out"
    request_rate=$(calculate %.1f "$requests * 1e6 / $microseconds")
    service_cpu=$(ticks_each 0 "$requests")
    database_cpu=$(ticks_each 1 "$requests")
    wrk_cpu=$(ticks_each 2 "$requests")
    service_others=$(others)
}

load_pages() { # load_pages CONNECTIONS: load_service with the one request
    load_service "$1"
    # Each answer was a whole page: the bytes that came fit the number of answers.
    if [ "$bytes" -lt $((requests * page_bytes)) ] || [ "$bytes" -gt $(((requests + $1) * (page_bytes + 1000))) ]; then
        fail "$bytes bytes in $requests answers: a page has $page_bytes"
    fi
}

load_database() { # transaction_rate and CPU of each transaction
    local transactions
    measure run_pgbench "$clients" --time "$seconds"
    transactions=$(sed -n 's/^number of transactions actually processed: \([0-9]*\).*/\1/p' "$work/pgbench.txt")
    transaction_rate=$(sed -n 's/^tps = \([0-9.]*\) (without.*/\1/p' "$work/pgbench.txt")
    if [ "${transactions:-0}" = 0 ] || [ -z "$transaction_rate" ]; then fail 'pgbench ran no transaction'; fi
    grep -q '^number of failed transactions: 0 ' "$work/pgbench.txt" || fail 'transactions of pgbench failed'
    pgbench_database_cpu=$(ticks_each 1 "$transactions")
    pgbench_cpu=$(ticks_each 2 "$transactions")
    database_others=$(others)
}

ticks_each() { # ticks_each PARTY N: microseconds of CPU that a party used for each of N
    calculate %.0f "${used[$1]} / $(getconf CLK_TCK) * 1e6 / $2"
}

others() { # percent of the machine's cores that went to anything else than this benchmark
    calculate %.0f "(${used[3]} - ${used[0]} - ${used[1]} - ${used[2]}) / $(getconf CLK_TCK) / $seconds / $(nproc) * 100" |
        sed 's/^-.*/0/'
}

warm_up() { # warm_up CONNECTIONS
    local short=$((seconds < 3 ? seconds : 3))
    run_wrk "$1" "$short"
    ask "select count(*) from pg_stat_activity where usename = 'bench_reader'"
    service_connections=$answer
    clients=${clients:-$service_connections}
    run_pgbench "$clients" --time "$short"
}
