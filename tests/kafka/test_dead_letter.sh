# test_dead_letter.sh: what is rejected of a topic stands in the dead-letter topic and in the ledger, whatever happens.
# shellcheck shell=bash

# pull [QUERY [FLAG...]]: reads what the topic holds now, with the dead-letter topic $UNIQUE.dead.
pull() {
    headrace ingest "kafka://$KAFKA/$UNIQUE?until=end&from=earliest&dead-letter=$UNIQUE.dead${1:+&$1}" --to zone --name "$UNIQUE" \
        --ledger ledger.db "${@:2}"
}

landed() { find zone -name '*.zst' -exec zstd -qdc {} + 2>/dev/null | sort; }
some_landed() { [[ -n $(find zone -name '*.zst' 2>/dev/null) ]]; }
job() { sed -nE 's/.*\(job ([0-9a-f-]*)\).*/\1/p' "$1" | tail -n 1; }

test_a_copy_has_all_that_the_message_had_and_says_why() {
    local copy
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead"
    printf 'k\t{"n":\n' | kafka lines "$UNIQUE" --keyed --header trace=abc --header span=1
    printf 'k\t{"n":1}\n' | kafka lines "$UNIQUE" --keyed --header trace=abc
    ends 3 pull
    copy=$(kafka consume "$UNIQUE.dead" --headers)
    contains "$copy" $'k\t{"n":\ttrace=abc;span=1;headrace-topic='
    contains "$copy" "headrace-partition=0;headrace-offset=0;headrace-error=E_JSON;headrace-message="
    equal "$(kafka consume "$UNIQUE.dead" --count | cut -d ' ' -f 1)" 1
}

test_what_is_too_large_for_the_dead_letter_topic_is_left_out_there_and_kept_in_the_ledger() {
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead" 1 max.message.bytes=5000
    { printf '{"n":1,"text":"'; head -c 20000 /dev/zero | tr '\0' x; } | kafka message "$UNIQUE"
    printf '{"n":2\n' | kafka lines "$UNIQUE"
    printf '{"n":3}\n' | kafka lines "$UNIQUE"
    ends 3 pull
    contains "$out" "loaded 1 + duplicate 0 + rejected 2"
    contains "$(kafka consume "$UNIQUE.dead" --headers | head -n 1)" "headrace-left-out=value"
    equal "$(kafka consume "$UNIQUE.dead" --values | tr '\n' ' ')" ' {"n":2 '
    equal "$(headrace errors "$(job "$folder/.err")" --ledger ledger.db --csv | wc -c)" $((20015 + 6 + 2))
}

test_a_copy_of_many_megabytes_goes_where_it_is_taken() {
    kafka create "$UNIQUE" 1 max.message.bytes=20000000 && kafka create "$UNIQUE.dead" 1 max.message.bytes=20000000
    head -c 15000000 /dev/zero | tr '\0' x | kafka message "$UNIQUE" -X message.max.bytes=20000000
    printf '{"n":3}\n' | kafka lines "$UNIQUE"
    ends 3 pull
    contains "$out" "loaded 1 + duplicate 0 + rejected 1"
    contains "$(kafka consume "$UNIQUE.dead" --count -X fetch.message.max.bytes=20000000)" "1 messages, 15000000 bytes"
}

test_a_broker_that_dies_meanwhile_costs_no_reject() {
    local puller
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead"
    seq -f '{"n":%.0f' 1 60000 | kafka lines "$UNIQUE"
    printf '{"n":0}\n' | kafka lines "$UNIQUE"
    pull '' --max-errors 100000 >out 2>err &
    puller=$!
    copied() { [[ $(kafka watermarks "$UNIQUE.dead" | cut -f 3) -gt 0 ]]; }
    soon copied
    kafka_server kill9
    kafka_server start
    wait "$puller" || :
    contains "$(<out)" "loaded 1 + duplicate 0 + rejected 60 000"
    equal "$(kafka consume "$UNIQUE.dead" --values | sort -u | wc -l)" 60000
    equal "$(sqlite3 ledger.db 'SELECT count(*) FROM reject')" 60000
}

test_an_interrupt_leaves_time_for_the_copies_of_the_last_commit() {
    local reader rc=0
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead"
    printf '{"n":1}\n{"n":\n' | kafka lines "$UNIQUE"
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&dead-letter=$UNIQUE.dead&metadata=offset" --to zone --name "$UNIQUE" \
        --ledger ledger.db --segment-age 1h >out 2>err &
    reader=$!
    begins() { [[ $(kafka offsets "headrace-$UNIQUE" "$UNIQUE") == *"feed=$UNIQUE"* ]]; }
    soon begins
    sleep 3 # nobody is told what was read and not committed
    kill -INT "$reader"
    wait "$reader" || rc=$?
    equal "$rc" 5
    contains "$(<out)" "read 2 = loaded 1 + duplicate 0 + rejected 1"
    equal "$(kafka consume "$UNIQUE.dead" --values)" '{"n":'
}

test_a_topic_that_may_not_be_written_to_stops_the_job_before_its_commit() {
    local user="username=$KAFKA_USER&password=$KAFKA_PASSWORD&sasl-mechanism=SCRAM-SHA-256"
    poison_one() { kafka create "$UNIQUE" && kafka create "$UNIQUE.dead" && printf '{"n":1}\n{"n":\n{"n":2}\n' | kafka lines "$UNIQUE"; }
    read_as_user() {
        headrace ingest "kafka://$KAFKA_SASL/$UNIQUE?from=earliest&until=end&dead-letter=$UNIQUE.dead&$user" --to zone --name "$UNIQUE" \
            --ledger ledger.db
    }
    poison_one
    kafka_acl --add --allow-principal "User:$KAFKA_USER" --operation Describe --topic "$UNIQUE.dead" >/dev/null
    ends 1 read_as_user
    contains "$err" "the user may not write to the dead-letter topic \"$UNIQUE.dead\""
    [[ ! -e zone ]] || equal "$(find zone -name '*.zst' -not -name '.*' | wc -l)" 0 "files that landed"
    kafka_acl --add --allow-principal "User:$KAFKA_USER" --operation Write --topic "$UNIQUE.dead" >/dev/null
    ends 3 read_as_user
    contains "$out" "loaded 2 + duplicate 0 + rejected 1"
    equal "$(kafka consume "$UNIQUE.dead" --values)" '{"n":'
}
