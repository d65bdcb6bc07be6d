# test_memory.sh: little memory for what is fetched ahead costs no message.
# shellcheck shell=bash

# A queue that is full again and again, and less than librdkafka takes for a fetch.
test_tiny_messages_are_read_with_little_memory() {
    kafka create "$UNIQUE" 12
    kafka produce "$UNIQUE" 200000 --size 20
    for memory in 8Mi 1; do
        ends 0 headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end&memory=$memory" --to "zone$memory" --name "$UNIQUE$memory" \
            --ledger ledger.db
        contains "$out" "read 200 000 = loaded 200 000 + duplicate 0 + rejected 0 + skipped 0"
        equal "$(find "zone$memory" -name '*.zst' -exec zstd -qdc {} + | sort -u | wc -l)" 200000
    done
}
