# test_bench.sh: the benchmark at Kafka, on a few messages, with a broker of its own.
# limit: 600
# shellcheck shell=bash

test_the_benchmark_has_right_answers() {
    ends 0 "$SERVERS/../bench/servers_smoke.sh" "$HEADRACE" "$TOOLS/../.." . consume
}
