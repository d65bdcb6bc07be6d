# test_source.sh: topics read into a zone: every message once, whatever happens.
# shellcheck shell=bash

# pull TOPIC [QUERY [FLAG...]]: reads what the topic holds now, into the zone of this test.
pull() {
    local query=${2-}
    headrace ingest "kafka://$KAFKA/$1?until=end${query:+&$query}" --to zone --name "$UNIQUE" --ledger ledger.db "${@:3}"
}

# The job that a message of headrace names.
job() { sed -nE 's/.*\(job ([0-9a-f-]*)\).*/\1/p' "$1" | tail -n 1; }

# Lines that landed, in any order.
landed() { find zone -name '*.zst' -exec zstd -qdc {} + | sort; }
count() { landed | wc -l; }

test_partitions_are_read_once_and_later_pulls_read_what_is_new() {
    kafka create "$UNIQUE" 3
    kafka produce "$UNIQUE" 5000 --size 150
    contains "$(pull "$UNIQUE" from=earliest)" "read 5 000 = loaded 5 000"
    contains "$(pull "$UNIQUE")" "read 0 = loaded 0"
    kafka produce "$UNIQUE" 700 --first 5000 --size 150
    contains "$(pull "$UNIQUE")" "read 700 = loaded 700"
    equal "$(landed | uniq | wc -l)" 5700
    equal "$(kafka offsets "headrace-$UNIQUE" "$UNIQUE" | cut -f 1,2 | tr '\t\n' ', ')" "0,1900 1,1900 2,1900 "
}

# No message is a file: what the first one begins with says nothing of compression or encoding.
test_messages_that_begin_like_archives_and_marks_are_read_as_they_are() {
    kafka create "$UNIQUE"
    printf '\xef\xbb\xbf7,x\n' | kafka lines "$UNIQUE"
    printf '8,y\n9,z\n' | kafka lines "$UNIQUE"
    contains "$(pull "$UNIQUE" 'from=earliest&value=csv&columns=a,b')" "read 3 = loaded 3"
    contains "$(pull "$UNIQUE" 'value=csv&columns=a,b')" "read 0 = loaded 0"
    printf '\x28\xb5\x2f\xfd,w\n' | kafka lines "$UNIQUE"
    printf '10,v\n' | kafka lines "$UNIQUE"
    contains "$(pull "$UNIQUE" 'value=csv&columns=a,b')" "read 2 = loaded 1 + duplicate 0 + rejected 1"
    printf 'PK\x03\x04,u\n11,t\n' | kafka lines "$UNIQUE"
    contains "$(pull "$UNIQUE" 'value=csv&columns=a,b')" "read 2 = loaded 2"
    equal "$(landed | grep -c -v -x a,b)" 6
    equal "$(landed | grep -a -c -x $'\xef\xbb\xbf7,x')" 1
}

test_the_first_start_says_where_it_begins() {
    kafka create "$UNIQUE" 1 retention.ms=-1
    kafka produce "$UNIQUE" 10 --timestamp 1000000000000
    kafka produce "$UNIQUE" 10 --first 10 --timestamp 1100000000000
    ends 1 pull "$UNIQUE"
    contains "$err" "by option from (--from): earliest, latest, or a time"
    ends 2 pull "$UNIQUE" from=yesterday
    contains "$err" "no place to begin"
    contains "$(pull "$UNIQUE" from=2004-01-01)" "read 10 = loaded 10"
    equal "$(landed | head -n 1)" '{"n":10,"text":""}'
}

test_latest_is_where_the_first_start_was_also_when_it_landed_nothing() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 10
    contains "$(pull "$UNIQUE" from=latest)" "read 0 = loaded 0"
    kafka produce "$UNIQUE" 6 --first 10
    contains "$(pull "$UNIQUE" from=latest)" "read 6 = loaded 6"
}

test_a_partition_that_is_added_is_read_from_its_beginning_also_during_a_first_start_at_the_latest() {
    local reader
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=latest&rdkafka.topic.metadata.refresh.interval.ms=3000" --to zone --name "$UNIQUE" \
        --ledger ledger.db >run.log 2>&1 &
    reader=$!
    claims() { [[ $(kafka offsets "headrace-$UNIQUE" "$UNIQUE" | grep -c "feed=$UNIQUE") == "$1" ]]; }
    soon claims 1
    kafka grow "$UNIQUE" 2
    kafka produce "$UNIQUE" 30 --first 10 --partition 1
    soon claims 2
    kill -TERM "$reader"
    ends 5 wait "$reader" # stopped; the next one goes on
    pull "$UNIQUE" >/dev/null
    equal "$(landed | uniq | wc -l)" 30
}

test_a_signal_is_heard_also_while_no_broker_answers() {
    local reader began
    headrace ingest "kafka://127.0.0.1:1/$UNIQUE?from=earliest" --to zone --name "$UNIQUE" --ledger ledger.db >run.log 2>&1 &
    reader=$!
    sleep 1.5
    began=$SECONDS
    send TERM "$reader"
    ends 5 wait "$reader"
    ((SECONDS - began < 20)) || broken "it went on for $((SECONDS - began)) s: $(<run.log)"
}

test_every_codec_and_metadata() {
    local codec
    kafka create "$UNIQUE"
    for codec in none gzip snappy lz4 zstd; do kafka produce "$UNIQUE" 200 --size 300 --keys 3 --codec "$codec" --header h=1; done
    contains "$(pull "$UNIQUE" 'from=earliest&metadata=key,partition,offset,headers,topic')" "loaded 1 000"
    contains "$(landed | head -n 1)" "{\"_key\":\"k0\",\"_partition\":0,\"_offset\":0,\"_headers\":{\"h\":\"1\"},\"_topic\":\"$UNIQUE\",\"n\":0,"
    equal "$(landed | wc -l)" 1000
}

test_aborted_transactions_are_not_read() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 100 --transaction "$UNIQUE" --batch 10 --abort 2>/dev/null
    contains "$(pull "$UNIQUE" from=earliest)" "read 90 = loaded 90"
    kafka produce "$UNIQUE" 5 --first 200
    contains "$(pull "$UNIQUE")" "read 5 = loaded 5"
}

test_tombstones_and_empty_values_are_skipped_and_counted() {
    kafka create "$UNIQUE"
    printf 'a\t{"n":1}\nb\t\\N\nc\t\nd\t{"n":2}\ne\t\\N\n' | kafka lines "$UNIQUE" --keyed
    contains "$(pull "$UNIQUE" from=earliest 2>&1)" '"messages":5,"tombstones":2,"empty":1'
    contains "$(pull "$UNIQUE" 2>&1)" "read 0"
    equal "$(landed | tr '\n' ' ')" '{"n":1} {"n":2} '
}

test_values_of_csv_text_and_bytes() {
    kafka create "$UNIQUE"
    printf '1,"a, b"\n2,c\n' | kafka lines "$UNIQUE"
    pull "$UNIQUE" 'from=earliest&value=csv&columns=id,name&metadata=offset' --write csv
    equal "$(landed | tr '\n' ' ')" '0,1,"a, b" 1,2,c _offset,id,name '
    kafka create "$UNIQUE.raw"
    printf 'say "hi"\n' | kafka lines "$UNIQUE.raw"
    rm -rf zone ledger.db*
    pull "$UNIQUE.raw" 'from=earliest&value=raw'
    equal "$(landed)" '{"value":"say \"hi\""}'
    rm -rf zone ledger.db*
    pull "$UNIQUE.raw" 'from=earliest&value=base64&group=other'
    equal "$(landed)" '{"value":"c2F5ICJoaSI="}'
}

test_poison_goes_to_the_rejects_and_to_the_dead_letter_topic() {
    local rc=0
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead"
    printf 'a\t{"n":1}\nb\t{"n":\nc\t{"n":2}\n' | kafka lines "$UNIQUE" --keyed
    pull "$UNIQUE" "from=earliest&metadata=key&dead-letter=$UNIQUE.dead" >out 2>err || rc=$?
    equal "$rc" 3
    contains "$(cat out)" "read 3 = loaded 2 + duplicate 0 + rejected 1"
    contains "$(headrace errors "$(job err)" --ledger ledger.db)" "${UNIQUE}[0]@1"
    # Its own bytes, not those with the column of the key.
    equal "$(headrace errors "$(job err)" --ledger ledger.db --csv)" '{"n":'
    equal "$(kafka consume "$UNIQUE.dead" | cut -f 3,4)" $'b\t{"n":'
    contains "$(kafka consume "$UNIQUE.dead" --headers)" "headrace-offset=1;headrace-error=E_JSON"
    ends 1 pull "$UNIQUE" "dead-letter=$UNIQUE.none"
    contains "$err" "looking for the topic \"$UNIQUE.none\""
}

test_messages_that_are_gone_are_never_passed_over_silently() {
    local rc=0
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 100
    pull "$UNIQUE" from=earliest
    kafka produce "$UNIQUE" 100 --first 100
    kafka delete-records "$UNIQUE" 1 70
    pull "$UNIQUE" 2>err || rc=$?
    equal "$rc" 1
    contains "$(cat err)" "20 messages of ${UNIQUE}[1] are gone before they were read"
    contains "$(cat err)" '"reason":"retention","position":50,"begins":70,"ends":100,"gone":20,"on-lost":"fail"'
    equal "$(count)" 100
    contains "$(pull "$UNIQUE" on-lost=earliest)" "loaded 80"
    equal "$(count)" 180
}

test_one_partition_rests_and_the_others_go_on() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 100
    pull "$UNIQUE" from=earliest
    kafka produce "$UNIQUE" 100 --first 100
    kafka delete-records "$UNIQUE" 1 70
    contains "$(pull "$UNIQUE" on-lost=pause)" "loaded 50"
    contains "$(pull "$UNIQUE" on-lost=pause)" "loaded 0"
    contains "$(pull "$UNIQUE" on-lost=latest)" "loaded 0"
    kafka produce "$UNIQUE" 10 --first 200
    contains "$(pull "$UNIQUE")" "loaded 10"
}

test_a_topic_that_was_made_anew_is_noticed() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 100
    pull "$UNIQUE" from=earliest
    kafka delete "$UNIQUE" && kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 40 --first 1000
    ends 1 pull "$UNIQUE"
    contains "$err" '"reason":"truncated"'
    kafka produce "$UNIQUE" 960 --first 1040
    ends 1 pull "$UNIQUE"
    contains "$err" '"reason":"recreated"'
    contains "$(pull "$UNIQUE" on-lost=earliest)" "read 1 000 = loaded 1 000"
    equal "$(landed | uniq | wc -l)" 1100
    contains "$(pull "$UNIQUE")" "read 0"
}

test_a_group_that_another_ledger_reads_is_refused() {
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    pull "$UNIQUE" 'from=earliest&group=shared'
    mv ledger.db first.db
    ends 1 pull "$UNIQUE" 'from=earliest&group=shared'
    contains "$err" 'is read by another ledger or feed'
    contains "$(pull "$UNIQUE" 'from=earliest&group=shared&adopt=yes' 2>&1)" "loaded 0"
}

test_a_ledger_that_is_an_older_copy_of_itself_is_noticed() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 80
    pull "$UNIQUE" from=earliest
    cp ledger.db older.db
    kafka produce "$UNIQUE" 10 --first 80
    pull "$UNIQUE"
    rm ledger.db* && mv older.db ledger.db
    ends 1 pull "$UNIQUE"
    contains "$err" "stands at 40 in the ledger, and this ledger itself has told the group"
    equal "$(count)" 90
    contains "$(pull "$UNIQUE" adopt=yes)" "loaded 10"
}

test_records_deleted_under_a_reader_are_counted_exactly() {
    local reader rc=0
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 100
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to zone --name "$UNIQUE" --ledger ledger.db --segment-age 200ms \
        >log 2>&1 &
    reader=$!
    soon has_landed 100
    kill -STOP "$reader"
    kafka produce "$UNIQUE" 500000 --first 100 --size 200
    kafka delete-records "$UNIQUE" 0 400000
    kill -CONT "$reader"
    lost() { grep -q OffsetsLost log || (($(count) >= 500100)); }
    soon lost
    wait "$reader" || rc=$?
    contains "$(<log)" '"reason":"retention"'
    # What was fetched before is landed; what is missing is what was told.
    local gone
    gone=$(sed -nE 's/.*OffsetsLost .*"gone":([0-9]+).*/\1/p' log)
    equal "$rc" 1
    contains "$(pull "$UNIQUE" on-lost=earliest)" "loaded"
    equal "$(($(count) + gone))" 500100
    equal "$(landed | uniq | wc -l)" "$(count)"
}

test_kills_lose_nothing_and_double_nothing() {
    local kills=0 pid
    kafka create "$UNIQUE" 4
    kafka produce "$UNIQUE" 600000 --size 120
    while ((kills < 6)); do
        headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to zone --name "$UNIQUE" --ledger ledger.db \
            --segment-rows 20000 >/dev/null 2>&1 &
        pid=$!
        sleep "0.$((RANDOM % 4))$((RANDOM % 10))"
        kill -KILL "$pid" 2>/dev/null || break
        wait "$pid" || true # 137; or 0, where it had come to the end just before
        kills=$((kills + 1))
    done
    pull "$UNIQUE" from=earliest
    equal "$(count)" 600000
    equal "$(landed | uniq | wc -l)" 600000
}

has_landed() { (($(count 2>/dev/null) >= $1)); }

# Other consumers come and go in the same group; they commit nothing, so that all is left to us. One of them is killed, and
# its partitions come back when the broker misses it.
test_rebalances_lose_nothing_and_double_nothing() {
    local i reader pid
    kafka create "$UNIQUE" 12
    kafka produce "$UNIQUE" 100
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to zone --name "$UNIQUE" --ledger ledger.db --segment-age 200ms \
        >log 2>&1 &
    reader=$!
    soon has_landed 100
    for ((i = 0; i < 5; i++)); do
        "$TOOLS/kafka_tool" "$KAFKA" join "headrace-$UNIQUE" "$UNIQUE" $((i % 3 ? 4000 + RANDOM % 1000 : 10000)) >>joined 2>&1 &
        pid=$!
        # With the first one the partitions are shared by two.
        ((i)) || soon grep -q joined joined
        kafka produce "$UNIQUE" 2500 --first $((100 + i * 5000))
        sleep 2
        kafka produce "$UNIQUE" 2500 --first $((2600 + i * 5000))
        sleep 1
        if ((i == 3)); then kill -KILL "$pid"; fi
    done
    soon has_landed 25100
    kill -INT "$reader"
    ends 5 wait "$reader" # stopped; the next one goes on
    contains "$(cat joined)" "6 partitions"
    equal "$(count)" 25100
    equal "$(landed | uniq | wc -l)" 25100
}

test_users_and_certificates() {
    local sasl="username=$KAFKA_USER&sasl-mechanism"
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10
    echo "$KAFKA_PASSWORD" >secret
    for mechanism in SCRAM-SHA-256 SCRAM-SHA-512; do
        contains "$(KAFKA=$KAFKA_SASL pull "$UNIQUE" "from=earliest&group=$mechanism&$sasl=$mechanism&password=\${file:$PWD/secret}")" "loaded 10"
        rm -rf zone ledger.db*
    done
    local token="rdkafka.enable.sasl.oauthbearer.unsecure.jwt=true&rdkafka.sasl.oauthbearer.config=principal%3D$KAFKA_USER"
    contains "$(KAFKA=$KAFKA_SASL pull "$UNIQUE" "from=earliest&group=o&tls=no&sasl-mechanism=OAUTHBEARER&$token")" "loaded 10"
    rm -rf zone ledger.db*
    contains "$(KAFKA=$KAFKA_SASL pull "$UNIQUE" "from=earliest&group=p&tls=no&$sasl=PLAIN&password=$KAFKA_PASSWORD")" "loaded 10"
    rm -rf zone ledger.db*
    KAFKA=$KAFKA_SASL ends 2 pull "$UNIQUE" "from=earliest&$sasl=PLAIN&password=x"
    contains "$err" "sends the secret as it is"
    KAFKA=$KAFKA_SASL ends 1 pull "$UNIQUE" "from=earliest&$sasl=PLAIN&tls=no&password=wrong"
    contains "$err" "does not let us in"
    contains "$(KAFKA=$KAFKA_SSL pull "$UNIQUE" "from=earliest&group=t&ca=$KAFKA_CA&cert=$KAFKA_CLIENT_CERT&cert-key=$KAFKA_CLIENT_KEY")" "loaded 10"
    rm -rf zone ledger.db*
    KAFKA=$KAFKA_SSL ends 1 pull "$UNIQUE" "from=earliest&tls=yes"
    contains "$err" "does not let us in"
    contains "$(KAFKA=$KAFKA_SASL_SSL pull "$UNIQUE" "from=earliest&group=u&$sasl=PLAIN&password=$KAFKA_PASSWORD&ca=$KAFKA_CA")" "loaded 10"
}

part_of_token() { base64 -w 0 | tr '+/' '-_' | tr -d '='; }

# token SECONDS [USER]: an unsecured one, which the broker of the tests takes.
token() {
    local now
    now=$(date +%s)
    printf '%s.%s.\n' "$(printf '{"alg":"none"}' | part_of_token)" \
        "$(printf '{"sub":"%s","iat":%d,"exp":%d}' "${2-$KAFKA_USER}" "$now" $((now + $1)) | part_of_token)"
}

test_tokens_come_from_a_file_that_is_read_again() {
    local reader query="tls=no&sasl-mechanism=OAUTHBEARER&oauth-token-file=$PWD/jwt"
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead"
    kafka produce "$UNIQUE" 10
    KAFKA=$KAFKA_SASL ends 1 pull "$UNIQUE" "from=earliest&$query"
    contains "$err" "opening it: No such file"
    token 300 >jwt
    printf '{"n":\n' | kafka lines "$UNIQUE"
    KAFKA=$KAFKA_SASL ends 3 pull "$UNIQUE" "from=earliest&$query&dead-letter=$UNIQUE.dead"
    contains "$out" "loaded 10 + duplicate 0 + rejected 1"
    token -5 >jwt
    KAFKA=$KAFKA_SASL ends 1 pull "$UNIQUE" "$query"
    contains "$err" "it has expired"
    echo nonsense >jwt
    KAFKA=$KAFKA_SASL ends 1 pull "$UNIQUE" "$query"
    contains "$err" "it is no JSON Web Token"
    equal "$(grep -c "$(token 300 | cut -c 1-20)" ledger.db .err)" $'ledger.db:0\n.err:0'
    KAFKA=$KAFKA_SASL ends 2 pull "$UNIQUE" "tls=no&sasl-mechanism=OAUTHBEARER"
    contains "$err" "needs oauth-token-file"
    # It lives for six seconds; what is read then is the next one.
    token 6 >jwt
    headrace ingest "kafka://$KAFKA_SASL/$UNIQUE?$query" --to zone --name "$UNIQUE" --ledger ledger.db --segment-age 200ms >log 2>&1 &
    reader=$!
    sleep 2
    token 300 >jwt
    sleep 6
    kafka produce "$UNIQUE" 10 --first 100
    soon has_landed 20
    kill -INT "$reader"
    ends 5 wait "$reader"
}

test_a_broker_that_is_restarted_costs_a_delay() {
    local reader
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to zone --name "$UNIQUE" --ledger ledger.db --segment-age 200ms \
        >log 2>&1 &
    reader=$!
    sleep 2
    kafka_server kill9
    kafka_server start
    kafka produce "$UNIQUE" 1000 --first 1000
    sleep 4
    kill -INT "$reader"
    ends 5 wait "$reader"
    pull "$UNIQUE"
    equal "$(landed | uniq | wc -l)" 2000
    equal "$(count)" 2000
}
