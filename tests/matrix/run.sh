#!/usr/bin/env bash
# run.sh PROGRAM BUILD-DIR [NAME...]: starts PostgreSQL and Kafka and runs the tests of this folder, or those whose name has
# such a part. BUILD-DIR is where the tools of tests/servers are (./dev build test); HEADRACE_FAULTS names the program with
# fault points (./dev build faults). HEADRACE_MATRIX=long: 100 random moments a pair, and a storm of five minutes.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../servers/run_tests.sh"
(($# >= 2)) || die "usage: run.sh PROGRAM BUILD-DIR [NAME...]"
begin_run "$1" "$2"
for tool in kafka_tool matrix storm; do
    [[ -x $TOOLS/$tool ]] || die "there is no $TOOLS/$tool: libpq or librdkafka was not there when it was to be built"
done
[[ -x $HEADRACE_FAULTS ]] || die "there is no program with fault points '$HEADRACE_FAULTS' (./dev build faults)"
shift 2
POSTGRES_FOLDER=$base/postgres KAFKA_FOLDER=$base/kafka
export POSTGRES_FOLDER KAFKA_FOLDER
stop_servers() {
    "$SERVERS/postgres.sh" stop "$POSTGRES_FOLDER"
    "$SERVERS/kafka.sh" stop "$KAFKA_FOLDER"
}
trap 'end_run stop_servers' EXIT
trap 'exit 130' INT TERM

make_database() {
    export PGDATABASE=$1
    psql -XAtq -d postgres -v ON_ERROR_STOP=1 -c "CREATE DATABASE \"$1\""
}
# A test may have ended while a server was down.
revive() {
    "$SERVERS/postgres.sh" start "$POSTGRES_FOLDER"
    "$SERVERS/kafka.sh" start "$KAFKA_FOLDER"
}

# Processes are killed, not the machine: what was written is there, also without fsync.
"$SERVERS/postgres.sh" start "$POSTGRES_FOLDER" --fsync off || die "PostgreSQL did not start"
"$SERVERS/kafka.sh" start "$KAFKA_FOLDER" || die "Kafka did not start"
. "$POSTGRES_FOLDER/env"
take_plain_psql
. "$KAFKA_FOLDER/env"
run_all "$here" make_database revive "$@"
