#!/usr/bin/env bash
# Is psql for Sqitch (scripts/migrate): a change that can't get its locks within 50 ms gives way, and is run again after
# a second, LOCK_ATTEMPTS times in all. Every later request for a table waits behind a lock that waits, so that a change
# behind a long export would else hold up every list request. A change must be able to run again: it is one transaction,
# or says itself what is to be done about its remains.
# Exit status: psql's
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/common.sh"
program=migrate

errors=$(mktemp)
trap 'rm -f "$errors"' EXIT
for ((attempt = 1; ; attempt++)); do
    status=0
    # SQLSTATEs, because messages are in the server's language. A deadlock is noticed first where deadlock_timeout is short.
    psql -v VERBOSITY=verbose -c "SET client_min_messages = warning; SET lock_timeout = '50ms'" "$@" 2>"$errors" || status=$?
    if [ "$status" = 0 ] || ! grep -qE ' (55P03|40P01): ' "$errors" || [ "$attempt" -ge "$LOCK_ATTEMPTS" ]; then break; fi
    log "attempt $attempt of $LOCK_ATTEMPTS: another transaction holds the lock; again in a second"
    # psql's sleep, because scripts/migrate has Ctrl-C ignored and psql alone heeds it.
    psql -Xqc 'SELECT pg_sleep(1)' >/dev/null
done
grep -v '^LOCATION: ' "$errors" >&2 || true
if grep -q ' 55P03: ' "$errors"; then
    log "no lock in $attempt attempts; these transactions are open (sql/dba/locks.sql shows more):"
    psql -XAtc "SELECT '  process ' || pid || ', ' || coalesce(usename, backend_type) || ', ' || application_name || ', for '
        || clock_timestamp() - xact_start FROM pg_stat_activity WHERE datname = current_database()
        AND application_name <> current_setting('application_name') AND xact_start IS NOT NULL ORDER BY xact_start LIMIT 5" >&2
fi
exit "$status"
