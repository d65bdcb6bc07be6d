# test_memory.sh: a small option memory costs no more time than it must.
# shellcheck shell=bash

# pull_ms MEMORY: how long a pull of all the topic holds takes.
pull_ms() {
    local began
    . "$SERVERS/common.sh"
    began=$(now_ms)
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end&memory=$1" --to - --name "$UNIQUE$RANDOM" --ledger ledger.db >rows 2>log
    echo $(($(now_ms) - began))
    [[ $(wc -l <rows) == 2000000 ]] || { cat log >&2 && return 1; }
}

# A queue of librdkafka before 2.2.0 that was full once is not filled again for a second, unless it is woken: for small messages,
# of which few are waited for, soon enough. Other work of the machine may hold up one try.
test_tiny_messages_are_read_quickly_also_with_little_memory() {
    local much little
    kafka create "$UNIQUE" 12
    kafka produce "$UNIQUE" 2000000 --size 20
    for _ in 1 2 3; do
        much=$(pull_ms 64Mi) little=$(pull_ms 8Mi)
        ((little < 2 * much + 1000)) && return 0
    done
    broken "$little ms with memory=8Mi, $much ms with 64Mi"
}
