# test_example.sh: examples/postgres-pull as a newcomer runs it, with a server of its own.
# limit: 600
# shellcheck shell=bash

test_the_example_of_a_pull_runs() {
    ends 0 "$SERVERS/../../examples/postgres-pull/run.sh" "$HEADRACE"
    contains "$out" "read 4 = loaded 4"
    contains "$out" "read 300 004 = loaded 300 004"
    contains "$out" "read 100 = loaded 100"
}
