#!/usr/bin/env bash
# run.sh PROGRAM BUILD-DIR [NAME...]: tests at real servers with a program that has sanitizers and fault points (./dev build
# faults-asan): those of tests/postgres and tests/kafka that go through the most code, or those whose file or test has such a
# name, and failing allocations. HEADRACE_SANITIZED=all: all of them, and failing allocations for ten minutes.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../servers/run_tests.sh"
(($# >= 2)) || die "usage: run.sh PROGRAM BUILD-DIR [NAME...]"
begin_run "$1" "$2"
export HEADRACE_FAULTS=$HEADRACE
[[ -x $TOOLS/allocations ]] || die "there is no $TOOLS/allocations: libpq or librdkafka was not there when it was to be built"
shift 2
at_postgres=("$@") at_kafka=("$@") here_too=("$@")
if (($# == 0)) && [[ ${HEADRACE_SANITIZED-} != all ]]; then
    at_postgres=(every_mode_loads_binary sources_several_threads refused_rows_come_back merge_overwrites replace_swaps
        rows_are_refused_one_by_one writers_do_not_wait each_full_run readers_in_parallel cut_costs_a_delay
        becomes_the_same_table updates_are_merged is_altered_meanwhile)
    at_kafka=(a_copy_has_all rows_become_messages too_large_is_a_reject topic_to_topic partitions_are_read_once every_codec
        tombstones_and_empty poison_goes one_partition_rests each_record_of_a_message users_and_certificates)
fi
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

"$SERVERS/postgres.sh" start "$POSTGRES_FOLDER" --standby --ssl --fsync off || die "PostgreSQL did not start"
"$SERVERS/kafka.sh" start "$KAFKA_FOLDER" --sasl --tls || die "Kafka did not start"
. "$POSTGRES_FOLDER/env"
take_plain_psql
. "$KAFKA_FOLDER/env"
run_all "$here/../postgres" make_database revive "${at_postgres[@]}"
run_all "$here/../kafka" make_database revive "${at_kafka[@]}"
run_all "$here" make_database revive "${here_too[@]}"
