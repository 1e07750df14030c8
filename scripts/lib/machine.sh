# This file makes bare Debian machines, directories filled with Debian's required packages and apt and nothing else, and
# runs commands in them. Sourced after common.sh, packages.sh and jobs.sh; needs the packages of group bare, and root.
# shellcheck disable=SC2154  # root and program are set there

declare -A machine_suites=([12]=bookworm [13]=trixie)

make_machine() { # make_machine RELEASE DIRECTORY: anew
    local mirror settings
    mirror=$(debian_mirror)
    log "making a bare Debian $1 in ${2#"$root"/}"
    rm -rf --one-file-system "$2"
    mkdir -p "$2"
    settings=$(mktemp)
    apt_network_settings >"$settings"
    quietly mmdebstrap --variant=minbase --aptopt="$settings" --skip=check/empty "${machine_suites[$1]}" "$2" \
        "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror ${machine_suites[$1]} main"
    rm -f "$settings"
    cp --dereference /etc/resolv.conf /etc/hosts "$2/etc/"
}

# Process 1 of the machine: mounts, runs the command, collects what that leaves behind. A signal is for the command.
# shellcheck disable=SC2016  # expanded there
machine_init='
    trap : INT TERM HUP
    set -e
    mount --make-rprivate /
    mount --bind "$1" "$1" # containers want a root directory that is a mount
    mount -t proc proc "$1/proc"
    mount --rbind /sys "$1/sys" # and control groups
    mount --bind /dev "$1/dev"
    mkdir -p "$1/dev/shm" "$1/dev/pts"
    mount -t tmpfs -o mode=1777 shm "$1/dev/shm"
    mount -t devpts -o newinstance,ptmxmode=0666 devpts "$1/dev/pts"
    set +e
    chroot "$1" /bin/sh -c '\''cd "$1" && shift && exec "$@"'\'' sh "${@:2}" &
    command=$!
    while :; do # a signal interrupts wait; what it returns then is not the status
        wait "$command"
        status=$?
        kill -0 "$command" 2>/dev/null || exit "$status"
    done'

run_in_machine() { # run_in_machine DIRECTORY FOLDER COMMAND...: in this folder of it, with a clean environment
    local environment=(PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root "TERM=${TERM:-dumb}") name
    for name in http_proxy https_proxy no_proxy; do
        if [ -n "${!name:-}" ]; then environment+=("$name=${!name}"); fi
    done
    run_job unshare --mount --pid --fork --kill-child -- env -i "${environment[@]}" \
        bash -c "$machine_init" "$program" "$@"
}
