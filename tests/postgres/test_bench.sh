# test_bench.sh: the benchmarks at PostgreSQL, on a few rows, with a server of their own.
# limit: 600
# shellcheck shell=bash

test_the_benchmarks_have_right_answers() {
    ends 0 "$SERVERS/../bench/servers_smoke.sh" "$HEADRACE" "$TOOLS/../.." . append keyed pull damaged
}
