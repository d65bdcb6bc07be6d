# test_mistakes.sh: what a newcomer gets wrong at a broker: what is said, the exit status, and where no password stands.
# shellcheck shell=bash

rows() { printf 'id,name\n1,a\n2,b\n' >a.csv; }

test_a_topic_that_is_not_there_is_told_and_the_mended_name_is_taken() {
    rows
    ends 1 headrace ingest a.csv --to "kafka://$KAFKA/$UNIQUE.nowhere"
    contains "$err" "there is none of that name; create it"
    kafka create "$UNIQUE"
    ends 0 headrace ingest a.csv --to "kafka://$KAFKA/$UNIQUE"
    contains "$out" "loaded 2"
    equal "$(kafka consume "$UNIQUE" --committed --values | wc -l)" 2
    ends 1 headrace ingest "kafka://$KAFKA/$UNIQUE.nowhere" --from earliest --to zone/
    contains "$err" "there is none of that name; create it"
}

test_a_topic_as_a_source_meets_another_destination_after_a_failure() {
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    ends 1 headrace ingest "kafka://$KAFKA/$UNIQUE?until=end" --from earliest --to "kafka://$KAFKA/$UNIQUE.nowhere"
    ends 0 headrace ingest "kafka://$KAFKA/$UNIQUE?until=end" --from earliest --to zone/
    contains "$out" "loaded 10"
}

test_a_wrong_password_ends_at_once_and_is_kept_nowhere() {
    local began=$SECONDS
    rows
    kafka create "$UNIQUE"
    ends 1 headrace ingest "kafka://alice:SESAME@$KAFKA_SASL/$UNIQUE?until=end&sasl-mechanism=SCRAM-SHA-256" --from earliest --to zone/
    contains "$err" "does not let us in"
    ends 1 headrace ingest a.csv --to "kafka://$KAFKA_SASL/$UNIQUE?sasl-mechanism=SCRAM-SHA-256&username=alice&password=SESAME"
    contains "$err" "does not let us in"
    ((SECONDS - began < 120)) || broken "took $((SECONDS - began)) s"
    headrace jobs --json >listed
    for id in $(headrace jobs | cut -f 1); do headrace job "$id" --json >>listed; done
    equal "$(cat listed .err .state/headrace/* | grep -a -c SESAME)" 0
    contains "$(<listed)" "sasl-mechanism=SCRAM-SHA-256"
}

test_a_user_without_a_mechanism_is_told_of_it() {
    ends 2 headrace ingest "kafka://alice:SESAME@$KAFKA_SASL/$UNIQUE" --from earliest --to zone/
    contains "$err" "add sasl-mechanism=SCRAM-SHA-512"
}

test_a_broker_that_is_not_there_is_something_for_later() {
    ends 5 headrace ingest "kafka://127.0.0.1:1/$UNIQUE" --from earliest --to zone/ --reconnect 0
    contains "$err" "Connection refused"
}

test_a_group_of_another_feed_is_refused_at_once() {
    local began=$SECONDS
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    ends 0 headrace ingest "kafka://$KAFKA/$UNIQUE?until=end&group=$UNIQUE" --from earliest --to zone/ --name one
    ends 1 headrace ingest "kafka://$KAFKA/$UNIQUE?until=end&group=$UNIQUE" --from earliest --to zone/ --name two
    contains "$err" "is read by another ledger or feed"
    ((SECONDS - began < 120)) || broken "took $((SECONDS - began)) s"
}

test_an_interrupt_ends_the_wait_for_a_broker_that_does_not_answer() {
    local pid rc=0 began
    rows
    headrace ingest a.csv --to "kafka://10.255.255.1:9092/$UNIQUE" >log 2>&1 &
    pid=$!
    sleep 2
    began=$SECONDS
    send INT "$pid"
    wait "$pid" || rc=$?
    equal "$rc" 5 "exit status"
    contains "$(<log)" "stopped before anything was read"
    ((SECONDS - began < 20)) || broken "took $((SECONDS - began)) s"
}

test_a_topic_is_not_written_to_itself_by_another_address() {
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    ends 2 headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to "kafka://$KAFKA,localhost:1/$UNIQUE" --ledger ledger.db
    contains "$err" "is the topic that is read, too"
    equal "$(kafka consume "$UNIQUE" --committed --values | wc -l)" 10
}
