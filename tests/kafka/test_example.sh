# test_example.sh: examples/kafka-push as a newcomer runs it, with a broker of its own.
# limit: 600
# shellcheck shell=bash

test_the_example_of_a_push_runs() {
    ends 0 "$SERVERS/../../examples/kafka-push/run.sh" "$HEADRACE" "$TOOLS/../.."
    contains "$out" "and they see 200000, with 200000 different values"
    contains "$out" "(orders["
    contains "$out" "messages 500003; rows in the zone 500002; different ones 500002"
}
