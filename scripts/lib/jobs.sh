# This file runs one command at a time so that a signal ends it at once and completely: in a session of its own, which
# the terminal's Ctrl-C does not reach, and which is ended as a whole. Sourced after common.sh.
# Descriptor 9, the caller's lock, is not handed down: what is left behind by kill -9 must not hold it.

job=''        # the process that leads the job under way
job_status=0  # what the last one ended with

start_job() { # start_job COMMAND...: sets job; it is told to end if this script is killed
    setsid setpriv --pdeathsig TERM -- "$@" 9>&- &
    job=$!
}

wait_for_job() { # its exit status
    job_status=0
    wait "$job" || job_status=$?
    job=''
    return "$job_status"
}

run_job() { # run_job COMMAND...
    start_job "$@" </dev/null
    wait_for_job
}

job_is_alive() { # any process of its group; dead ones that nobody collects (many containers) don't count
    cat /proc/[0-9]*/stat 2>/dev/null |
        awk -v group="$job" '{ sub(/.*\) /, "") } $3 == group && $1 !~ /[ZX]/ { found = 1 } END { exit !found }'
}

end_job() { # end_job SECONDS: asks it to end, insists after SECONDS; no error if there is none
    local waited=0
    if [ -z "$job" ]; then return 0; fi # a bare return would repeat the status that led to an exit trap
    kill -TERM -- "-$job" 2>/dev/null || kill -TERM "$job" 2>/dev/null || true
    while job_is_alive; do
        if [ "$waited" -ge $(($1 * 10)) ]; then
            log "process $job did not end within $1 s: killed"
            kill -KILL -- "-$job" 2>/dev/null || true
        fi
        sleep 0.1
        waited=$((waited + 1))
    done
    wait_for_job || true
}
