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
. "$here/../servers/both.sh"

start_both --
run_all "$here" make_database revive "$@"
