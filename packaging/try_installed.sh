#!/usr/bin/env bash
# Installs the package beside it on a machine that has nothing else, and uses it as docs/deployment.md says. Changes the
# machine, so it is for throw-away ones: scripts/package --try runs it. Prints a line for each step.
set -euo pipefail
export DEBIAN_FRONTEND=noninteractive LC_ALL=C.UTF-8

passed() { printf 'passed package: %s\n' "$*"; }
fail() {
    printf 'failed package: %s\n' "$*"
    exit 1
}
quietly() { "$@" >/tmp/output 2>&1 </dev/null || { cat /tmp/output >&2 && fail "$*"; }; }
as_postgres() { (cd / && runuser -u postgres -- "$@"); }

service=''
trap 'if [ -n "$service" ]; then kill "$service" || true; fi; pg_ctlcluster "$version" main stop >/dev/null 2>&1 || true' EXIT
version=0
if [ ! -d /opt/package ] || [ -e /run/systemd/system ]; then fail 'this is for a throw-away machine'; fi
quietly apt-get -qq update

# Debian's own servers, the browser of manual pages and the like: what a host has anyway.
mkdir -p /etc/postgresql-common/createcluster.d
echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/none.conf
quietly apt-get -y -qq --no-install-recommends install bash-completion curl man-db postgresql systemd
quietly apt-get -y -qq install /opt/package/*.deb
quietly dpkg --verify backup-catalog
quietly backup-catalog --version
passed "installs: $(dpkg-query -W -f '${Package} ${Version}, ${Installed-Size} kB' backup-catalog), $(backup-catalog --version)"

man -P cat backup-catalog 2>/tmp/output | grep -q 'answers which backups a project has' || fail 'man backup-catalog'
[ ! -s /tmp/output ] || fail "man backup-catalog: $(cat /tmp/output)"
passed 'man backup-catalog'

completed=$(bash -c '. /usr/share/bash-completion/bash_completion
    _completion_loader backup-catalog
    COMP_WORDS=(backup-catalog serve --identity-u) COMP_CWORD=2
    _backup_catalog
    echo "${COMPREPLY[@]}"')
[ "$completed" = '--identity-url --identity-user --identity-user-domain' ] || fail "completion: $completed"
passed "completion: --identity-u → $completed"

complaints=$(systemd-analyze verify backup-catalog.service backup-catalog.socket 2>&1) || fail "systemd-analyze verify: $complaints"
[ -z "$complaints" ] || fail "systemd-analyze verify: $complaints"
passed 'systemd-analyze verify'
exposure=$(systemd-analyze security --offline=true --threshold=20 --no-pager backup-catalog.service | tail -n 1) ||
    fail "systemd-analyze security: $exposure"
passed "systemd-analyze security: ${exposure#* }"

[ "$(stat -c '%a %U' /etc/backup-catalog /etc/backup-catalog/backup-catalog.ini | tr '\n' ' ')" = '700 root 600 root ' ] ||
    fail '/etc/backup-catalog can be read by others'
passed '/etc/backup-catalog is closed to others'

version=$(ls /usr/lib/postgresql)
quietly pg_createcluster "$version" main -o listen_addresses=
sed -i 's/^local *all *all *peer/local all all scram-sha-256/' "/etc/postgresql/$version/main/pg_hba.conf"
quietly pg_ctlcluster "$version" main start
quietly as_postgres createdb catalog
export BACKUP_CATALOG_DATABASE_URL=postgresql:///catalog
quietly as_postgres /usr/share/backup-catalog/scripts/migrate deploy
quietly as_postgres /usr/share/backup-catalog/scripts/migrate verify
quietly as_postgres /usr/share/backup-catalog/scripts/migrate status
quietly as_postgres psql -X -v ON_ERROR_STOP=1 -f /usr/share/backup-catalog/sql/dba/roles.sql catalog
for role in catalog_service catalog_import; do
    quietly as_postgres psql -X -v ON_ERROR_STOP=1 -c "ALTER ROLE $role PASSWORD 'secret of $role'" catalog
done
passed 'migrations deploy and verify from the package, roles'

backup-catalog generate --sample >/tmp/sample.ndjson
PGPASSWORD='secret of catalog_import' BACKUP_CATALOG_DATABASE_URL=postgresql://catalog_import@/catalog \
    quietly backup-catalog import /tmp/sample.ndjson
passed 'import'

# The unit's own command line, as a user that may do nothing, with credentials where systemd would put them.
cat >/etc/backup-catalog/identity.json <<'END'
{"tokens": [{"token": "try-token", "user_id": "a", "project_id": "0605767b5780d5762fc5c0118072a564", "roles": ["reader"]}]}
END
sed -i -e "s|^#database-url = .*|database-url = postgresql://catalog_service:secret%20of%20catalog_service@/catalog|" \
    -e 's|^#listen = .*|listen = 127.0.0.1:0|' -e 's|^#\(identity\)|\1|' /etc/backup-catalog/backup-catalog.ini
export CREDENTIALS_DIRECTORY=/run/credentials/backup-catalog.service
mkdir -p "$CREDENTIALS_DIRECTORY"
for file in /etc/backup-catalog/*; do
    install -m 0400 -o nobody -g nogroup "$file" "$CREDENTIALS_DIRECTORY/etc_${file##*/}"
done
command=$(sed -n 's/^ExecStart=//p' /lib/systemd/system/backup-catalog.service)
unset BACKUP_CATALOG_DATABASE_URL
setpriv --reuid nobody --regid nogroup --clear-groups --bounding-set=-all --no-new-privs \
    bash -c "exec $command" >/tmp/service 2>/tmp/log &
service=$!
for ((i = 0; i < 100; ++i)); do
    if grep -q '^listening on ' /tmp/service; then break; fi
    sleep 0.1
done
url=$(sed -n 's/^listening on //p' /tmp/service)
[ -n "$url" ] || { cat /tmp/log >&2 && fail 'the service does not start'; }
answer=$(curl -s --fail-with-body -H 'X-Auth-Token: try-token' "$url/v3/0605767b5780d5762fc5c0118072a564/backups?limit=1") ||
    fail "the service answers $answer"
[[ $answer = *'"count":'* ]] || fail "the service answers $answer"
kill -TERM "$service"
wait "$service" || fail "the service stops with status $?"
service=''
passed "the unit's command line serves: ${answer:0:60}..., and stops"

quietly apt-get -y -qq --reinstall install /opt/package/*.deb
grep -q '^identity = static' /etc/backup-catalog/backup-catalog.ini || fail 'an upgrade overwrites the settings'
quietly apt-get -y -qq remove backup-catalog
if [ -e /usr/bin/backup-catalog ] || [ ! -e /etc/backup-catalog/backup-catalog.ini ]; then fail 'apt-get remove'; fi
quietly apt-get -y -qq purge backup-catalog
if [ -e /etc/backup-catalog/backup-catalog.ini ] || [ ! -e /etc/backup-catalog/identity.json ]; then fail 'apt-get purge'; fi
passed 'an upgrade and a removal keep the settings, a purge leaves only what others put there'
