# test_clusters.sh: from a topic of one cluster to one of another, and to one of a copy of the cluster, which has its id.
# shellcheck shell=bash

# other VERB: the second cluster.
other() { "$SERVERS/kafka.sh" "$1" "$PWD/other"; }

copy() {
    "${PROGRAM:-headrace}" ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to "kafka://$OTHER/$UNIQUE" --name "$UNIQUE" \
        --ledger ledger.db --segment-rows 500 --reconnect 10s
}

# exact ROWS: each is at the destination once, and the group was told of them.
exact() {
    equal "$(KAFKA=$OTHER kafka consume "$UNIQUE" --committed --values | sort -u | wc -l)" "$1"
    equal "$(KAFKA=$OTHER kafka consume "$UNIQUE" --committed --values | wc -l)" "$1"
    equal "$(kafka offsets "headrace-$UNIQUE" "$UNIQUE" | awk '{ n += $2 } END { print n }')" "$1"
}

test_rows_go_to_a_copy_of_the_cluster_and_to_another_one() {
    local OTHER PROGRAM=''
    trap 'other stop' EXIT
    other start
    OTHER=$(. other/env && echo "$KAFKA")
    KAFKA=$OTHER kafka create "$UNIQUE"
    kafka create "$UNIQUE" 3
    kafka produce "$UNIQUE" 1000
    contains "$(copy)" "loaded 1 000"
    exact 1000
    other stop
    sed -i 's/^cluster.id=.*/cluster.id=BBBBBBBBBBBBBBBBBBBBBQ/' other/data/meta.properties
    other start
    kafka produce "$UNIQUE" 1000 --first 1000
    if [[ $HEADRACE_FAULTS ]]; then
        PROGRAM=$HEADRACE_FAULTS
        for each in kafka.positioned kafka.commit kafka.committed; do HEADRACE_FAULT=$each:1:kill ends 137 copy; done
    fi
    copy >/dev/null
    exact 2000
}
