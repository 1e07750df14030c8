# This file makes the requests of mix.txt from the catalog, and compares the answers' totals with plain counts.
# Sourced after lib.sh.
# shellcheck shell=bash
# shellcheck disable=SC2154  # lib.sh has the rest

mix=$root/bench/mix.txt
mix_requests=5000 # different ones at most; wrk draws from them

# Values that need no escaping in a query string. md5 draws the same backups every time.
choose_requests() { # $work/requests, $work/checks, and an identity file with a token of each project that occurs
    cat >"$work/draw.sql" <<'END'
\pset fieldsep '\t'
select project_id as project, id, vault_id, resource_id, checkpoint_id, enterprise_project_id, resource_az, name,
    substr(name, 1, 9) as name_start, resource_name, to_char(created_at at time zone 'UTC', 'YYYY-MM-DD') as day,
    ('x' || substr(md5('offset' || id), 1, 7))::bit(28)::int % least(c.n, 10000) as offset,
    md5(:'secret' || project_id) as token
from catalog.backups join catalog.project_counts c using (project_id)
where owner_project_id is null and parent_id is null and not c.shared and resource_az is not null
    and name || resource_name ~ '^[A-Za-z0-9_.-]+$'
order by md5(id::text) limit 2000
END
    run_job psql -XAq -P footer=off -v ON_ERROR_STOP=1 -v secret="$(head -c 24 /dev/urandom | base64)" -f "$work/draw.sql" \
        "$admin_url" >"$work/drawn"
    fill_templates requests
    fill_templates checks
    (umask 077 && awk -F '\t' '
        NR > 1 && !($1 in seen) {
            seen[$1] = 1
            tokens = tokens (tokens == "" ? "" : ",") "{\"token\":\"" $NF "\",\"user_id\":\"bench\",\"project_id\":\"" $1 "\",\"roles\":[\"reader\"]}"
        }
        END { print "{\"tokens\":[" tokens "]}" }' "$work/drawn" >"$work/identity.json")
}

fill_templates() { # fill_templates PART: $work/PART
    run_job awk -v part="$1" -v requests="$mix_requests" -f "$root/bench/mix.awk" "$mix" "$work/drawn" >"$work/$1" ||
        fail "the requests of ${mix#"$root/"} could not be made, see above"
}

check_requests() { # three of each template: status 200, and the total that a plain count gives
    local number=0 token target
    rm -rf "$work/answers"
    mkdir "$work/answers"
    cut -f 1 "$work/checks" | while read -r token target; do
        number=$((number + 1))
        printf 'url = "%s%s"\nheader = "X-Auth-Token: %s"\noutput = "%s"\nnext\n' "$service_url" "$target" "$token" \
            "$work/answers/$number"
    done | sed '$d' >"$work/curl.conf"
    run_job curl --silent --show-error --fail-with-body --max-time 60 --globoff --config "$work/curl.conf" || true
    cut -f 2 "$work/checks" | sed 's/$/;/' >"$work/counts.sql"
    run_job psql -XAtq -v ON_ERROR_STOP=1 -f "$work/counts.sql" "$admin_url" >"$work/counts"
    number=0
    while IFS=' ' read -r token target; do
        number=$((number + 1))
        answered_count "$work/answers/$number"
    done < <(cut -f 1 "$work/checks") >"$work/answered"
    paste -d ' ' "$work/counts" "$work/answered" "$work/checks" | cut -f 1 |
        awk '$1 != $2 { print "mix: " $4 ": total " $2 ", a plain count gives " $1; wrong = 1 } END { exit wrong }' >&2 ||
        fail 'answers are wrong, see above'
}

answered_count() { # answered_count FILE: the total of a list, 1 for one backup, "none" for anything else
    local begin
    begin=$(head -c 40 "$1" 2>/dev/null || true)
    if [[ $begin =~ ^\{\"count\":([0-9]+), ]]; then
        printf '%s\n' "${BASH_REMATCH[1]}"
    elif [[ $begin = '{"backup":{'* ]]; then
        printf '1\n'
    else
        printf 'none\n'
    fi
}
