#!/usr/bin/env bash
# run.sh PROGRAM BUILD-DIR [NAME...]: starts Kafka and runs the tests of this folder against it, or those whose file or test
# has such a name. BUILD-DIR is where the tools of tests/servers are (./dev build test).
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
. "$here/../servers/run_tests.sh"
(($# >= 2)) || die "usage: run.sh PROGRAM BUILD-DIR [NAME...]"
begin_run "$1" "$2"
[[ -x $TOOLS/kafka_tool ]] || die "there is no $TOOLS/kafka_tool: librdkafka was not there when it was to be built"
shift 2
KAFKA_FOLDER=$base/kafka
export KAFKA_FOLDER
trap 'end_run "$SERVERS/kafka.sh" stop "$KAFKA_FOLDER"' EXIT
trap 'exit 130' INT TERM

# A test may have ended while the broker was down.
revive() { "$SERVERS/kafka.sh" start "$KAFKA_FOLDER"; }

"$SERVERS/kafka.sh" start "$KAFKA_FOLDER" --sasl --tls || die "Kafka did not start"
. "$KAFKA_FOLDER/env"
run_all "$here" : revive "$@"
