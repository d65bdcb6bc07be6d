# lib.sh: what tests against real servers begin with, and what they say.
#
# tests/KIND/test_NAME.sh holds functions test_PROMISE, each of which is a test: it runs in a bash of its own with
# `set -euo pipefail`, in an empty folder, with `headrace` in the PATH and an empty state folder; whatever fails ends it. It has
#
#   HEADRACE, HEADRACE_FAULTS   the programs; HEADRACE_FAULTS is empty where there is no build with fault points
#   UNIQUE                      a name of its own, for tables, topics, groups: [a-z0-9_]
#   Postgres: a database of its own (PGDATABASE) in the server that DIR/env of servers/postgres.sh describes
#   Kafka:    what DIR/env of servers/kafka.sh says
#
# A line "# limit: SECONDS" in the file is more time than the usual 300 s for each of its tests. Other tests, and builds, may
# run beside: no test relies on something being done after a while; it waits until it is (soon).
# shellcheck shell=bash disable=SC2034

# ---- what must be -------------------------------------------------------------------------------------------------------

broken() { printf '%s\n' "$*" >&2; exit 1; }

# equal ACTUAL EXPECTED [WHAT]
equal() { [[ $1 == "$2" ]] || broken "${3:-a value}: $1, not $2"; }

# contains TEXT PART [WHAT]
contains() { [[ $1 == *"$2"* ]] || broken "${3:-a text} does not hold \"$2\": $1"; }

# ends RC COMMAND...: the command ends with that status; its output is in `out` and `err`.
ends() {
    local expected=$1 rc=0
    shift
    "$@" >"$folder/.out" 2>"$folder/.err" || rc=$?
    out=$(<"$folder/.out") err=$(<"$folder/.err")
    ((rc == expected)) || broken "exit status $rc, not $expected, of: $*"$'\n'"$err"$'\n'"$out"
}

# within SECONDS COMMAND...: the command comes true in that time.
within() {
    local seconds=$1 end=$((SECONDS + $1))
    shift
    until "$@"; do
        ((SECONDS < end)) || broken "did not come true in $seconds s: $*"
        sleep 0.05
    done
}
# soon COMMAND...: it comes true, however busy the machine is.
soon() { within 90 "$@"; }

# signal_in FIELD PID NUMBER: whether /proc/PID/status has that signal in SigCgt (caught), ShdPnd (not delivered yet) ...
signal_in() {
    local set
    set=$(sed -n "s/^$1:[[:space:]]*//p" "/proc/$2/status" 2>/dev/null) || return 1
    ((0x${set:-0} >> ($3 - 1) & 1))
}
not_signal_in() { ! signal_in "$@"; }
# send INT|TERM PID: the signal, once the program takes it; when this returns, it has been delivered.
send() {
    local number
    number=$(kill -l "$1")
    soon signal_in SigCgt "$2" "$number"
    kill "-$1" "$2"
    soon not_signal_in ShdPnd "$2" "$number"
}

# at_end COMMAND...: is done when the test has ended, however.
at_end() { last_deeds+=("$(printf '%q ' "$@")"); }
last_deeds=()

# ---- Postgres -------------------------------------------------------------------------------------------------------------

# sql STATEMENT...: what psql answers, unaligned; several statements are one transaction each.
sql() {
    local each
    for each in "$@"; do psql -XAtq -v ON_ERROR_STOP=1 -c "$each"; done
}
sql_standby() { PGPORT=$STANDBY_PORT sql "$@"; }
# standby_follows: the standby has what the primary has now, the test's own database, too.
standby_follows() { soon standby_replayed "$(sql "SELECT pg_current_wal_insert_lsn()")"; }
standby_replayed() { [[ $(PGDATABASE=postgres sql_standby "SELECT pg_last_wal_replay_lsn() >= '$1'" 2>&1) == t ]]; }
# postgres start|stop|restart|kill9 [standby]: the server of all tests of this run.
postgres() { "$SERVERS/postgres.sh" "$1" "$POSTGRES_FOLDER" "${@:2}"; }
# The database of this test as a URI; further parameters follow it.
postgres_uri() { echo "postgres://$PGUSER@$PGHOST:${1:-$PGPORT}/$PGDATABASE"; }

# ---- Kafka ----------------------------------------------------------------------------------------------------------------

# kafka COMMAND...: asks the broker; see servers/kafka_tool.c.
kafka() { "$TOOLS/kafka_tool" "$KAFKA" "$@"; }
# kafka_server restart|kill9|start
kafka_server() { "$SERVERS/kafka.sh" "$1" "$KAFKA_FOLDER"; }
# kafka_acl ARGUMENT...: rights, as Kafka's AclCommand has them; who comes without a name may do everything.
kafka_acl() { "$SERVERS/kafka.sh" acl "$KAFKA_FOLDER" "$@"; }
# kafka_config TOPIC SETTING=VALUE
kafka_config() { "$SERVERS/kafka.sh" configs "$KAFKA_FOLDER" --alter --topic "$1" --add-config "$2" >/dev/null; }

# ---- the proxy --------------------------------------------------------------------------------------------------------------

# proxy_to PORT [OPTION...]: starts a proxy; proxy_port is where it listens, and proxy_do COMMAND tells it what to do, and
# waits until that is done.
proxy_to() {
    mkfifo "$folder/.proxy_said"
    "$TOOLS/proxy" --answer --control "$folder/.proxy" "${@:2}" "$1" >"$folder/.proxy_said" &
    proxy_pid=$!
    exec {proxy_said}<"$folder/.proxy_said"
    read -r proxy_port <&"$proxy_said"
}
proxy_do() {
    local answer=''
    printf '%s\n' "$*" >"$folder/.proxy"
    read -r -t 60 answer <&"$proxy_said" || : # which is told below
    equal "$answer" "done" "the proxy's answer to '$*'"
}
