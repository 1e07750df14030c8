# This file installs what the project needs from Debian's own packages, and libpqxx (see docs/development.md).
# Sourced after common.sh.
# shellcheck disable=SC2154  # root is set there

debian_release() { (. /etc/os-release && printf '%s' "${VERSION_ID:-}"); }

debian_mirror() { # the address that this machine's apt takes Debian itself from, among whatever else it knows
    local mirror codename
    codename=$(. /etc/os-release && printf '%s' "${VERSION_CODENAME:-}")
    # shellcheck disable=SC2016  # apt's own variables
    mirror=$(apt-get indextargets --format '$(RELEASE) $(COMPONENT) $(REPO_URI)' |
        awk -v codename="$codename" '$1 ~ "^(" codename "|stable|oldstable)$" && $2 == "main" && !mirror { mirror = $3 }
            END { print mirror }')
    [ -n "$mirror" ] || fail "no mirror of Debian $codename main is configured (apt-get indextargets lists none)"
    printf '%s' "$mirror"
}

apt_network_settings() { # how this machine's apt reaches its mirror, as apt.conf
    apt-config dump --format '%F "%v";%n' Acquire::http Acquire::https Acquire::Check-Date Acquire::Check-Valid-Until
}

boost_packages() {
    # Debian 12's unversioned Boost is 1.74, which lacks Boost.JSON; its 1.81 has packages of its own.
    local version=''
    [ "$(debian_release)" = 12 ] && version=1.81
    printf 'libboost%s-dev libboost-json%s-dev libboost-test%s-dev\n' "$version" "$version" "$version"
}

packages_for() { # packages_for GROUP: the Debian packages of one purpose
    case $1 in
    build)
        printf 'g++ cmake ninja-build ccache mold pkg-config libpq-dev libssl-dev ca-certificates %s' "$(boost_packages)"
        [ "$(debian_release)" = 12 ] || printf ' libpqxx-dev'
        ;;
    database) printf 'openssl postgresql util-linux procps %s' "$(packages_for migrate)" ;;
    migrate) # all that a machine without the server needs
        printf 'sqitch libdbd-pg-perl'
        command -v psql >/dev/null || printf ' postgresql-client' # postgresql-client-15 and the like will do
        ;;
    pooler) printf 'pgbouncer' ;;
    sql) # of the PostgreSQL that this release of Debian has
        if [ "$(debian_release)" = 12 ]; then printf 'postgresql-15-plpgsql-check'; else printf 'postgresql-17-plpgsql-check'; fi
        ;;
    image) # builds and runs container images without an engine; crun does not run everywhere, runc does
        printf 'mmdebstrap buildah podman runc netavark aardvark-dns iptables ca-certificates curl docker-compose'
        if ! command -v docker >/dev/null; then printf ' podman-docker'; fi # would displace Docker's own client
        ;;
    package) printf 'dpkg-dev lintian' ;;
    fuzz) printf 'clang libclang-rt-dev' ;;
    lint) printf 'clang-format clang-tidy shellcheck docker-compose prometheus' ;;
    failover) printf 'python3 patroni python3-etcd etcd-server' ;;
    bench) printf 'wrk gnuplot-nox curl %s' "$(packages_for node)" ;;
    peers) # what bench/peers measures beside the service
        printf 'python3-aiohttp python3-asyncpg python3-uvloop golang-go golang-github-lib-pq-dev %s' "$(packages_for node)"
        ;;
    bare) printf 'mmdebstrap git util-linux' ;;
    web) # tests of the API's description, the metrics and the console
        printf 'chromium prometheus groff-base %s' "$(packages_for node)"
        ;;
    node) # for the linters of the API's description
        # A newer Node.js from elsewhere brings its own npm and conflicts with Debian's.
        command -v npm >/dev/null || printf 'nodejs npm'
        ;;
    # Not the package "keystone", whose installation asks questions and starts a server.
    identity) printf 'python3-keystone uwsgi-core uwsgi-plugin-python3 openssl' ;;
    esac
}

install_packages() { # install_packages GROUP...: a no-op in milliseconds when everything is there
    local group package missing=() wanted=()
    for group in "$@"; do
        read -ra wanted <<<"$(packages_for "$group")"
        for package in "${wanted[@]}"; do
            [ "$(dpkg-query -W -f '${db:Status-Status}' "$package" 2>/dev/null)" = installed ] || missing+=("$package")
        done
    done
    [ ${#missing[@]} -eq 0 ] && return
    [ "$(id -u)" = 0 ] || {
        if [ -x "$root/scripts/setup" ]; then
            log "missing packages: ${missing[*]}; run once as root: scripts/setup"
        else # the installed package's own copy
            log "missing packages: ${missing[*]}; as root: apt-get install ${missing[*]}"
        fi
        return 1
    }
    log "installing ${missing[*]}"
    quietly env DEBIAN_FRONTEND=noninteractive dpkg --configure -a # repairs an installation that was interrupted
    # Without this the postgresql package starts a cluster of its own on port 5432.
    if [ ! -e /etc/postgresql-common/createcluster.conf ] && ! dpkg-query -W postgresql-common >/dev/null 2>&1; then
        mkdir -p /etc/postgresql-common/createcluster.d
        echo 'create_main_cluster = false' >/etc/postgresql-common/createcluster.d/backup-catalog.conf
    fi
    # The tests want the programs of these packages, not a server on every address of the machine.
    for package in prometheus pgbouncer patroni etcd-server; do
        if [[ " ${missing[*]} " = *" $package "* ]] && [ -d /etc/systemd/system ]; then
            ln -sfn /dev/null "/etc/systemd/system/${package%-server}.service"
        fi
    done
    local patiently=(-qq -o DPkg::Lock::Timeout=120) # a fresh machine may be updating itself
    quietly apt-get "${patiently[@]}" update
    # The 1.74 development packages conflict with the 1.81 ones; apt replaces them.
    quietly env DEBIAN_FRONTEND=noninteractive \
        apt-get "${patiently[@]}" -y -f --no-install-recommends install "${missing[@]}"
}

ensure_node_modules() { # the linters and drivers of package.json, as package-lock.json pins them
    local stamp=$root/node_modules/.package-lock.sha256
    if [ "$(cat "$stamp" 2>/dev/null)" = "$(sha256sum <"$root/package-lock.json")" ]; then return; fi
    log 'installing the packages of package-lock.json'
    (cd "$root" && quietly npm ci --ignore-scripts --no-audit --no-fund)
    sha256sum <"$root/package-lock.json" >"$stamp"
}

pqxx_prefix() { printf '%s/.deps/libpqxx' "$root"; }

ensure_pqxx() { # Debian 12 has libpqxx 6.4 only: 7.10 is built from Debian 13's signed source package.
    local prefix mirror work
    if pkg-config --exists 'libpqxx >= 7.9' 2>/dev/null || [ -f "$(pqxx_prefix)/lib/pkgconfig/libpqxx.pc" ]; then
        return
    fi
    prefix=$(pqxx_prefix)
    work=$root/.deps/build
    log "building libpqxx 7.10 from Debian's source package"
    rm -rf "$work"
    mkdir -p "$work"/{state/lists/partial,cache/archives/partial,source}
    mirror=$(debian_mirror)
    printf 'deb-src [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] %s trixie main\n' "$mirror" >"$work/sources.list"
    local options=(-o "Dir::Etc::SourceList=$work/sources.list" -o Dir::Etc::SourceParts=- -o "Dir::State=$work/state"
        -o "Dir::State::Lists=$work/state/lists" -o "Dir::Cache=$work/cache" -o APT::Get::List-Cleanup=0
        -o APT::Sandbox::User=root)
    quietly apt-get -qq "${options[@]}" update
    (cd "$work/source" && quietly apt-get -qq "${options[@]}" --download-only source libpqxx)
    (cd "$work/source" && for archive in libpqxx_*.orig.tar.*; do
        case $archive in *.asc) ;; *) tar -xf "$archive" --strip-components=1 ;; esac
    done)
    # C++17: as C++20 its headers need std::source_location, which clang-14 lacks.
    quietly cmake -S "$work/source" -B "$work/binary" -G Ninja -DCMAKE_BUILD_TYPE=Release -DCMAKE_CXX_STANDARD=17 \
        -DBUILD_SHARED_LIBS=OFF -DSKIP_BUILD_TEST=ON -DBUILD_DOC=OFF -DINSTALL_TEST=OFF \
        -DCMAKE_CXX_COMPILER_LAUNCHER=ccache -DCMAKE_POSITION_INDEPENDENT_CODE=ON \
        -DCMAKE_INSTALL_PREFIX="$prefix" -DCMAKE_INSTALL_LIBDIR=lib
    quietly cmake --build "$work/binary"
    # Moved into place in one step, so that an interrupted installation never looks complete.
    quietly env DESTDIR="$work/image" cmake --install "$work/binary"
    rm -rf "$prefix"
    mv "$work/image$prefix" "$prefix"
    rm -rf "$work"
}
