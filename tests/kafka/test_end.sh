# test_end.sh: until=end means what the topic held, whoever else is in the group; how far behind a source is.
# shellcheck shell=bash

# pull TOPIC [QUERY [FLAG...]]: reads what the topic holds now, into the zone of this test.
pull() {
    headrace ingest "kafka://$KAFKA/$1?until=end${2:+&$2}" --to zone --name "$UNIQUE" --ledger ledger.db "${@:3}"
}

landed() { find zone -name '*.zst' -exec zstd -qdc {} + 2>/dev/null | sort; }
count() { landed | wc -l; }
some_landed() { [[ -n $(find zone -name '*.zst' 2>/dev/null) ]]; }

# Small segments, so that it takes its time.
begin_pull() { # MESSAGES [QUERY]
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" "$1" --size 100
    pull "$UNIQUE" "from=earliest${2:+&$2}" --segment-rows 5000 >out 2>err &
    puller=$!
    soon some_landed
}

test_another_member_that_comes_and_goes_does_not_end_the_reading() {
    local puller
    begin_pull 2000000
    kafka join "headrace-$UNIQUE" "$UNIQUE" 5000 >joined # a member hears of it with its next heartbeat: soon s
    wait "$puller"
    contains "$(<joined)" "1 partitions"
    contains "$(<out)" "read 2 000 000 = loaded 2 000 000"
}

test_a_partition_that_is_added_does_not_end_the_reading_nor_belong_to_it() {
    local puller
    begin_pull 1000000 rdkafka.topic.metadata.refresh.interval.ms=300
    kafka grow "$UNIQUE" 3
    kafka produce "$UNIQUE" 10 --first 5000000 --partition 2
    wait "$puller"
    contains "$(<out)" "read 1 000 000 = loaded 1 000 000"
    contains "$(pull "$UNIQUE")" "loaded 10"
}

test_partitions_that_strangers_hold_are_not_told_as_read() {
    local stranger
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    "$TOOLS/kafka_tool" "$KAFKA" join "headrace-$UNIQUE" "$UNIQUE" 60000 >joined 2>&1 &
    stranger=$!
    soon grep -q joined joined
    ends 5 pull "$UNIQUE" from=earliest --reconnect 0
    contains "$err" "1 of the partitions of $UNIQUE are held by other members"
    contains "$err" "WaitingForMembers {\"topic\":\"$UNIQUE\",\"partitions\":1}"
    equal "$(count)" 500
    kill "$stranger"
    wait "$stranger" || :
    contains "$(pull "$UNIQUE")" "loaded 1 000"
    equal "$(landed | uniq | wc -l)" 1000
}

test_two_members_of_a_feed_read_it_all_together() {
    local other
    kafka create "$UNIQUE" 4
    kafka produce "$UNIQUE" 400000 --size 100
    pull "$UNIQUE" from=earliest --member a --segment-rows 5000 >a.log 2>&1 &
    other=$!
    pull "$UNIQUE" from=earliest --member b --segment-rows 5000 >b.log 2>&1
    wait "$other"
    equal "$(count)" 400000
    equal "$(landed | uniq | wc -l)" 400000
}

test_the_ledger_says_how_far_behind_each_partition_is() {
    local job reader
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to zone --name "$UNIQUE" --ledger ledger.db --segment-age 200ms &
    reader=$!
    soon some_landed
    lags() { [[ $(sqlite3 ledger.db 'SELECT group_concat(lag) FROM part') == 0,0 ]]; }
    soon lags
    job=$(headrace jobs --ledger ledger.db --json | sed -nE 's/.*"id":"([^"]*)".*/\1/p')
    contains "$(headrace job "$job" --ledger ledger.db --json)" '"part":"0","at":"500#'
    contains "$(headrace job "$job" --ledger ledger.db --json)" '"lag":0'
    contains "$(headrace job "$job" --ledger ledger.db)" ", 0 behind the end"
    kill -INT "$reader"
    wait "$reader" || :
}

test_lag_is_told_at_each_commit_also_of_a_destination_with_transactions() {
    kafka create "$UNIQUE" && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 20000 --size 100
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to "kafka://$KAFKA/$UNIQUE.to" --ledger ledger.db \
        --segment-rows 1000 --max-errors 0 >out 2>err &
    behind() { (($(sqlite3 ledger.db 'SELECT max(lag) FROM part') > 0)); }
    soon behind
    wait
    equal "$(sqlite3 ledger.db 'SELECT lag FROM part')" 0
}
