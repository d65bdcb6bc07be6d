# test_group.sh: from topic to topic of one cluster: the offsets of the consumer group move in the transaction of the rows.
# shellcheck shell=bash

# QUERY is more of the destination.
copy() {
    "${PROGRAM:-headrace}" ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to "kafka://$KAFKA/$UNIQUE.to${QUERY:+?$QUERY}" --name "$UNIQUE" \
        --ledger ledger.db --segment-rows 500
}
landed() { kafka consume "$UNIQUE.to" --committed --values | sort; }
# All that the group has of the topic; what is in an open transaction does not count.
moved() { kafka offsets "headrace-$UNIQUE" "$UNIQUE" -X isolation.level=read_uncommitted | awk '$2 > 0 { n += $2 } END { print n + 0 }'; }

test_offsets_are_there_as_soon_as_the_rows_are() {
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    local PROGRAM=$HEADRACE_FAULTS
    kafka create "$UNIQUE" 2 && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 500
    HEADRACE_FAULT=kafka.commit:1:kill ends 137 copy
    equal "$(moved)" 0 "before the commit"
    HEADRACE_FAULT=kafka.committed:1:kill ends 137 copy
    equal "$(moved)" 500 "behind the commit"
    copy >/dev/null # the end of that job
    kafka produce "$UNIQUE" 500 --first 500
    QUERY=group-offsets=apart HEADRACE_FAULT=kafka.committed:1:kill ends 137 copy
    equal "$(moved)" 500 "behind a commit that leaves them alone"
    copy >/dev/null
    equal "$(moved)" 1000 "at the end"
    equal "$(landed | uniq | wc -l)" 1000
    equal "$(landed | wc -l)" 1000
}

# Offsets in an open transaction are shown to nobody for as long as that is open.
test_an_open_transaction_does_not_keep_its_own_feed_waiting() {
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    local PROGRAM=$HEADRACE_FAULTS began
    kafka create "$UNIQUE" 2 && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 500
    HEADRACE_FAULT=commit.prepared:1:kill ends 137 copy
    began=$SECONDS
    copy >/dev/null
    ((SECONDS - began < 45)) || broken "took $((SECONDS - began)) s"
    equal "$(moved)" 500
    equal "$(landed | wc -l)" 500
}

agree() { [[ $(moved) == "$(landed | wc -l)" ]]; }
test_kills_never_show_rows_without_their_offsets() {
    local i pid rc
    kafka create "$UNIQUE" 3 && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 60000
    for ((i = 0; i < 12; i++)); do
        copy >/dev/null 2>&1 &
        pid=$!
        sleep "0.$((4 + RANDOM % 6))$((RANDOM % 10))"
        kill -KILL "$(pgrep -P "$pid" || echo "$pid")" 2>/dev/null || :
        wait "$pid" || :
        # What the coordinator has decided to commit is shown when it has told the partitions.
        soon agree
    done
    rc=0
    copy >log 2>&1 || rc=$?
    ((rc == 0 || rc == 4)) || broken "exit status $rc: $(<log)"
    equal "$(landed | uniq | wc -l)" 60000
    equal "$(landed | wc -l)" 60000
    equal "$(moved)" 60000
}

# A member of somebody else's takes partitions away, and gives them back unread.
test_members_that_come_and_go_do_not_take_rows() {
    local pid i
    kafka create "$UNIQUE" 4 && kafka create "$UNIQUE.to"
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to "kafka://$KAFKA/$UNIQUE.to" --name "$UNIQUE" --ledger ledger.db \
        --segment-age 200ms >log 2>&1 &
    pid=$!
    for ((i = 0; i < 6; i++)); do
        kafka produce "$UNIQUE" 5000 --first "$((i * 5000))" >/dev/null
        kafka join "headrace-$UNIQUE" "$UNIQUE" 1000 >/dev/null
    done
    all() { (($(landed | wc -l) >= 30000)); }
    soon all
    kill -INT "$pid"
    wait "$pid" || :
    equal "$(landed | uniq | wc -l)" 30000
    equal "$(landed | wc -l)" 30000
    equal "$(moved)" 30000
}

test_a_group_that_may_not_be_moved_is_said() {
    kafka create "$UNIQUE" && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 10
    kafka_acl --add --deny-principal User:alice --operation Read --group "headrace-$UNIQUE" >/dev/null
    kafka_acl --add --allow-principal 'User:*' --operation All --group "headrace-$UNIQUE" >/dev/null
    as_alice() {
        headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" \
            --to "kafka://alice:$KAFKA_PASSWORD@$KAFKA_SASL/$UNIQUE.to?sasl-mechanism=SCRAM-SHA-256$1" --name "$UNIQUE" --ledger ledger.db
    }
    ends 1 as_alice ''
    contains "$err" "group-offsets=apart"
    equal "$(landed | wc -l)" 0
    ends 0 as_alice '&group-offsets=apart'
    equal "$(landed | wc -l)" 10
    equal "$(moved)" 10
}
