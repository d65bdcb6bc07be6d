# feed.sh: what the examples with a server of their own share: a folder that goes away, a server that is stopped by its pid,
# commands that are shown and then run.
# shellcheck shell=bash
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)

# begin KIND PROGRAM: starts a server of tests/servers in a folder of its own; KIND is postgres or kafka.
begin() {
    kind=$1
    headrace=$(realpath "${2:-${HEADRACE:-$root/build/release/headrace}}" 2>/dev/null) || :
    [[ -x $headrace ]] || { echo "there is no program (./dev build makes build/release/headrace)" >&2; exit 2; }
    # Servers have files of another user, who must be able to reach the folder.
    work=$(mktemp -d "${TMPDIR:-/tmp}/headrace-example.XXXXXX")
    chmod 755 "$work"
    trap finish EXIT
    trap 'exit 130' INT TERM
    echo "Starting a server of its own on 127.0.0.1 ..."
    "$root/tests/servers/$kind.sh" start "$work/server"
    . "$work/server/env"
    mkdir "$work/bin" "$work/here" "$work/state"
    ln -s "$headrace" "$work/bin/headrace"
    export PATH=$work/bin:$PATH XDG_STATE_HOME=$work/state LC_ALL=C.UTF-8
    cd "$work/here" || exit 1
}

finish() {
    local rc=$?
    trap - EXIT INT TERM
    local pid
    for pid in $(jobs -p); do kill "$pid" 2>/dev/null || :; done
    "$root/tests/servers/$kind.sh" stop "$work/server" || :
    cd / && rm -rf "$work"
    exit "$rc"
}

say() { printf '\n# %s\n' "$*"; }

fail() {
    printf '\nThis is not as it should be: %s\n' "$*" >&2
    exit 1
}

# shown WORDS...: a command line as one would type it.
shown() {
    local word line=''
    for word in "$@"; do
        [[ $word == *[\ \&\?\*\;\(\)\>\<\'\"]* ]] && word="'$word'"
        line+=" $word"
    done
    printf '$%s\n' "$line"
}

# show STATUS COMMAND...: shows a command, runs it, and ends everything when its exit status is another one.
show() {
    local expected=$1 rc=0
    shift
    shown "$@"
    "$@" </dev/null 2>&1 || rc=$?
    ((rc == expected)) || fail "exit status $rc, not $expected"
    ((rc == 0)) || echo "(exit status $rc)"
}

# kill_amid READY COMMAND...: runs a command in the background and kills it by SIGKILL as soon as READY succeeds. `again` is
# the status with which the same command ends then, when it loads a file: 4 when there is nothing left to do.
kill_amid() {
    local ready=$1 pid rc=0 end=$((SECONDS + 120))
    shift
    echo "$(shown "$@") &"
    "$@" </dev/null >/dev/null 2>&1 &
    pid=$!
    until "$ready"; do
        kill -0 "$pid" 2>/dev/null || break
        ((SECONDS < end)) || fail "it did not begin to land rows"
        sleep 0.01
    done
    printf '$ kill -9 %s\n' "$pid"
    kill -9 "$pid" 2>/dev/null || :
    wait "$pid" 2>/dev/null || rc=$?
    # shellcheck disable=SC2034 # those who run a feed read it
    again=$((rc == 137 ? 0 : 4))
    ((rc == 137)) || echo "(it had ended before, with exit status $rc)"
}
