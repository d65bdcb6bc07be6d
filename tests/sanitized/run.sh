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
. "$here/../servers/both.sh"

start_both --standby --ssl -- --sasl --tls
run_all "$here/../postgres" make_database revive "${at_postgres[@]}"
run_all "$here/../kafka" make_database revive "${at_kafka[@]}"
run_all "$here" make_database revive "${here_too[@]}"
