# test_anew.sh: topics that are deleted and made anew, also with more messages and while they are read; logs whose end holds
# nothing to read.
# shellcheck shell=bash

# pull TOPIC [QUERY]: reads what the topic holds now, into the zone of this test.
pull() {
    headrace ingest "kafka://$KAFKA/$1?until=end${2:+&$2}" --to zone --name "$UNIQUE" --ledger ledger.db
}

landed() { find zone -name '*.zst' -exec zstd -qdc {} + 2>/dev/null | sort; }
count() { landed | wc -l; }
has_landed() { (($(count) >= $1)); }
said() { grep -q -- "$1" run.log; }

# follow QUERY [FLAG...]: reads on, in the background, as $reader; what it says is in run.log.
follow() {
    headrace ingest "kafka://$KAFKA/$UNIQUE?$1" --to zone --name "$UNIQUE" --ledger ledger.db "${@:2}" >>run.log 2>&1 &
    reader=$!
}
stop() {
    kill -INT "$reader" 2>/dev/null || :
    rc=0
    wait "$reader" || rc=$?
}

# The reader, when there is one, sees neither that there is no such topic nor that it is empty.
anew() {
    [[ ! ${reader-} ]] || kill -STOP "$reader"
    kafka delete "$UNIQUE" && kafka create "$UNIQUE" 2 && kafka produce "$UNIQUE" "$1" --first 10000
    [[ ! ${reader-} ]] || kill -CONT "$reader"
}

followed_and_made_anew() { # QUERY
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    follow "$1" --segment-age 200ms
    soon has_landed 1000
    anew 3000
}

test_a_topic_made_anew_with_more_messages_while_it_is_read_stops_the_job() {
    local reader rc
    followed_and_made_anew from=earliest
    soon said 'another one than the one that was read'
    stop
    equal "$rc" 1
    contains "$(<run.log)" '"reason":"recreated","position":500'
    equal "$(count)" 1000
    ends 1 pull "$UNIQUE"
    contains "$err" '"reason":"recreated"'
    contains "$(pull "$UNIQUE" on-lost=earliest)" "loaded 4 000"
    equal "$(landed | uniq | wc -l)" 4000
}

test_a_topic_made_anew_while_it_is_read_is_read_from_its_beginning_where_that_is_wanted() {
    local reader rc
    followed_and_made_anew 'from=earliest&on-lost=earliest'
    soon has_landed 4000
    stop
    equal "$(grep -c '"reason":"recreated"' run.log)" 2 "events, one a partition"
    equal "$(count)" 4000
    equal "$(landed | uniq | wc -l)" 4000
}

test_what_on_lost_led_to_is_kept_also_when_nothing_was_read_from_there() {
    local reader rc
    followed_and_made_anew 'from=earliest&on-lost=latest'
    claims() { [[ $(kafka offsets "headrace-$UNIQUE" "$UNIQUE" | grep -c 'position=1500#') == 2 ]]; }
    soon claims
    stop
    kafka produce "$UNIQUE" 10 --first 90000
    contains "$(pull "$UNIQUE" 2>&1)" "loaded 1 010"
}

test_a_topic_made_anew_before_anything_of_it_was_committed_is_noticed() {
    local reader rc
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    follow from=earliest --segment-age 1h
    begins() { [[ $(kafka offsets "headrace-$UNIQUE" "$UNIQUE" | grep -c "feed=$UNIQUE") == 2 ]]; }
    soon begins
    sleep 3 # nobody is told what was read and not committed
    anew 3000
    sleep 3
    stop
    equal "$rc" 1
    contains "$(<run.log)" '"reason":"recreated"'
    equal "$(count)" 0
    contains "$(pull "$UNIQUE" from=earliest)" "loaded 3 000"
}

test_a_start_at_the_latest_notices_a_topic_made_anew_before_anything_was_read() {
    local reader rc
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    follow from=latest --segment-age 200ms
    claims() { [[ $(kafka offsets "headrace-$UNIQUE" "$UNIQUE" | grep -c 'position=500#') == 2 ]]; }
    soon claims
    anew 3000
    soon said 'another one than the one that was read'
    stop
    equal "$rc" 1
    ends 1 pull "$UNIQUE" from=latest
    contains "$err" '"reason":"recreated","position":500'
    contains "$(pull "$UNIQUE" 'from=latest&on-lost=earliest')" "loaded 3 000"
}

test_a_start_at_the_latest_that_landed_nothing_is_known_to_later_runs() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    pull "$UNIQUE" from=latest >/dev/null
    anew 3000
    ends 1 pull "$UNIQUE" from=latest
    contains "$err" '"reason":"recreated","position":500'
}

test_a_start_where_the_log_holds_nothing_notices_one_that_begins_earlier() {
    local reader rc
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    kafka delete-records "$UNIQUE" 0 500
    kafka delete-records "$UNIQUE" 1 500
    pull "$UNIQUE" from=earliest >/dev/null
    contains "$(sqlite3 ledger.db 'SELECT position FROM part')" '500^500'
    anew 3000
    ends 1 pull "$UNIQUE"
    contains "$err" '"reason":"recreated","position":500'
    follow on-lost=earliest --segment-age 200ms
    soon has_landed 3000
    stop
    equal "$(landed | uniq | wc -l)" 3000
}

test_aborted_transactions_that_are_deleted_are_not_missed() {
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    pull "$UNIQUE" from=earliest >/dev/null
    kafka produce "$UNIQUE" 50 --transaction "$UNIQUE" --batch 50 --abort 2>/dev/null
    contains "$(pull "$UNIQUE" 2>&1)" '"lag":{"0":0}'
    contains "$(sqlite3 ledger.db 'SELECT position FROM part')" '-51'
    kafka delete-records "$UNIQUE" 0 61
    kafka produce "$UNIQUE" 5 --first 100
    contains "$(pull "$UNIQUE" 2>&1)" "loaded 5"
}

test_aborted_transactions_are_passed_while_nothing_else_comes() {
    local reader rc
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    follow from=earliest --segment-age 200ms
    soon has_landed 10
    kafka produce "$UNIQUE" 50 --transaction "$UNIQUE" --batch 50 --abort 2>/dev/null
    passed() { [[ $(sqlite3 ledger.db 'SELECT position FROM part') == 61#*-51 ]]; }
    soon passed
    kill -KILL "$reader"
    ends 137 wait "$reader"
}
