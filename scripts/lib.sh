# What the scripts share: speech, packages, a temporary folder, and leaving nothing behind.
# shellcheck shell=bash

set -euo pipefail

TOP=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PYTHON=/usr/bin/python3 # Debian's: another one may stand first on PATH and lack the modules
CACHE=${FOOTPRINT_CACHE:-${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/footprint}

# --- speech: colours only on a terminal ------------------------------------------------------------

if [[ -t 1 && -z ${NO_COLOR:-} && ${TERM:-dumb} != dumb ]]; then
    BOLD=$'\e[1m' DIM=$'\e[2m' RED=$'\e[31m' GREEN=$'\e[32m' YELLOW=$'\e[33m' CYAN=$'\e[36m' PLAIN=$'\e[0m'
else
    BOLD='' DIM='' RED='' GREEN='' YELLOW='' CYAN='' PLAIN=''
fi

say() {
    printf '%s\n' "$*"
}

step() {
    printf '%s==>%s %s%s%s\n' "$CYAN" "$PLAIN" "$BOLD" "$*" "$PLAIN"
}

warn() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
}

die() {
    warn "$@"
    exit 1
}

# progress TEXT: a line that the next one overwrites; without a terminal nothing.
progress() {
    [[ -t 1 ]] && printf '\r\e[K%s' "$*"
    return 0
}

# --- packages --------------------------------------------------------------------------------------

PACKAGES_BUILD="gcc g++ cmake ninja-build pkg-config librdkafka-dev libuv1-dev libhiredis-dev
    libfyaml-dev libpcre2-dev libssl-dev libmicrohttpd-dev libsystemd-dev libxxhash-dev libjemalloc-dev zlib1g-dev tzdata"
# A word "command=package" is content with the command, wherever it came from.
PACKAGES_SERVERS="java=default-jre-headless mvn=maven redis-server=redis-server kcat=kcat"

debian_release() {
    sed -n 's/^VERSION_ID="\?\([0-9]*\).*/\1/p' /etc/os-release
}

# clang fuzzes; its release 14 also decides how a line looks.
packages_test() {
    local clang="clang-14 libclang-rt-14-dev clang-format-14"
    [[ $(debian_release) == 12 ]] || clang="clang-19 libclang-rt-19-dev"
    echo "libcmocka-dev libsimdjson-dev $clang
        python3 python3-pytest python3-pytest-xdist python3-confluent-kafka python3-redis
        promtool=prometheus valgrind=valgrind mandoc=mandoc systemd-analyze=systemd strace=strace lintian=lintian dpkg-shlibdeps=dpkg-dev"
}

package_is_missing() {
    local command=${1%%=*} package=${1#*=}
    if [[ $command != "$package" || $1 == *=* ]]; then
        ! command -v "$command" >/dev/null
    else
        [[ $(dpkg-query -W -f '${Status}' "$package" 2>/dev/null) != "install ok installed" ]]
    fi
}

# Servers that come as packages must not start by themselves: the scripts start their own.
install_quietly() {
    local policy=/usr/sbin/policy-rc.d made='' log
    log=$(mktemp)
    if [[ ! -e $policy ]]; then
        printf '#!/bin/sh\nexit 101\n' >"$policy"
        chmod 755 "$policy"
        made=yes
    fi
    local rc=0
    { apt-get update -q && apt-get install -q -y --no-install-recommends "$@"; } \
        </dev/null >"$log" 2>&1 || rc=$?
    [[ -z $made ]] || rm -f "$policy"
    if ((rc != 0)); then
        tail -n 20 "$log" >&2
        rm -f "$log"
        die "apt-get could not install: $*"
    fi
    rm -f "$log"
}

# need_packages WORD...: installs what is missing as root, or says what to install.
need_packages() {
    local word missing=()
    for word in "$@"; do
        package_is_missing "$word" && missing+=("${word#*=}")
    done
    ((${#missing[@]} > 0)) || return 0
    if ((EUID != 0)); then
        warn "these packages are missing; as root run:"
        printf '    apt-get install --no-install-recommends %s\n' "${missing[*]}" >&2
        exit 1
    fi
    command -v apt-get >/dev/null || die "this is no Debian; please install: ${missing[*]}"
    step "Installing ${#missing[@]} packages: ${missing[*]}"
    DEBIAN_FRONTEND=noninteractive install_quietly "${missing[@]}"
}

# --- leaving nothing behind ------------------------------------------------------------------------

CLEANUPS=()

# at_exit COMMAND: runs when the script ends in whatever way; the last one given runs first.
at_exit() {
    CLEANUPS+=("$1")
}

run_cleanups() {
    local rc=$? i
    trap '' INT TERM HUP
    set +e
    for ((i = ${#CLEANUPS[@]} - 1; i >= 0; i--)); do
        eval "${CLEANUPS[i]}"
    done
    exit "$rc"
}

trap run_cleanups EXIT
trap 'exit 130' INT
trap 'exit 143' TERM
trap 'exit 129' HUP

# temp_folder NAME: sets TEMP to a folder that goes when the script ends.
temp_folder() {
    TEMP=$(mktemp -d "${TMPDIR:-/tmp}/footprint-$1.XXXXXX")
    at_exit 'rm -rf "$TEMP"'
}

# stop_pid PID [SECONDS]: asks a process to end, waits for it, then insists.
stop_pid() {
    local pid=$1 tries=$((${2:-10} * 20))
    kill -TERM "$pid" 2>/dev/null || return 0
    kill -CONT "$pid" 2>/dev/null || true
    while ((tries-- > 0)) && pid_lives "$pid"; do
        sleep 0.05
    done
    pid_lives "$pid" || return 0
    kill -KILL "$pid" 2>/dev/null || true
}

# A zombie waits for its parent and is as good as gone.
pid_lives() {
    local state
    state=$(sed -n 's/^State:\t\(.\).*/\1/p' "/proc/$1/status" 2>/dev/null) || return 1
    [[ -n $state && $state != Z ]]
}

# --- ports -----------------------------------------------------------------------------------------

port_is_free() {
    ! (exec 3<>"/dev/tcp/127.0.0.1/$1") 2>/dev/null
}

# free_port: a loopback port below the ephemeral range that nobody listens on. Another program may
# still take it before it is bound, so whoever binds it must check that it got it.
free_port() {
    local port
    while :; do
        port=$((20000 + (RANDOM * 32768 + RANDOM) % 12000))
        if port_is_free "$port"; then
            echo "$port"
            return
        fi
    done
}
