# test_server.sh: the broker that the other tests rely on does what they take for granted.
# shellcheck shell=bash

test_messages_come_back_by_partition() {
    kafka create "$UNIQUE" 3
    kafka produce "$UNIQUE" 10 --keys 2 --header origin=test
    kafka consume "$UNIQUE" --headers | sort >got
    equal "$(wc -l <got)" 10
    equal "$(head -n 1 got)" $'0\t0\tk0\t{"n":0,"text":""}\torigin=test'
    equal "$(kafka watermarks "$UNIQUE" | tr '\t\n' ', ')" "0,0,4 1,0,3 2,0,3 "
}

test_all_codecs_are_understood() {
    local codec
    kafka create "$UNIQUE"
    for codec in none gzip snappy lz4 zstd; do kafka produce "$UNIQUE" 1000 --size 200 --codec "$codec"; done
    contains "$(kafka consume "$UNIQUE" --count)" "5000 messages, 1000000 bytes"
}

test_tombstones_keys_and_empty_values_are_different_things() {
    kafka create "$UNIQUE"
    printf 'a\t\\N\nb\t\nplain\n' | kafka lines "$UNIQUE" --keyed
    equal "$(kafka consume "$UNIQUE")" $'0\t0\ta\t\\N\n0\t1\tb\t\n0\t2\t\\N\tplain'
}

test_aborted_transactions_are_not_read_by_those_who_ask_for_committed_ones() {
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 10 --transaction "$UNIQUE" --batch 5 --abort 2>/dev/null
    contains "$(kafka consume "$UNIQUE" --count)" "10 messages"
    contains "$(kafka consume "$UNIQUE" --count --committed)" "5 messages"
}

test_deleted_records_and_recreated_topics_move_the_offsets() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 20
    kafka delete-records "$UNIQUE" 1 7
    equal "$(kafka watermarks "$UNIQUE" | tail -n 1)" $'1\t7\t10'
    kafka delete "$UNIQUE"
    kafka create "$UNIQUE" 1
    equal "$(kafka watermarks "$UNIQUE")" $'0\t0\t0'
}

test_offsets_of_a_group_are_kept_with_their_metadata() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 20
    kafka commit "$UNIQUE" "$UNIQUE" 1 5 "of a ledger"
    equal "$(kafka offsets "$UNIQUE" "$UNIQUE")" $'0\t-\t\n1\t5\tof a ledger'
}

# sasl MECHANISM COMMAND...
sasl() {
    local mechanism=$1
    shift
    "$TOOLS/kafka_tool" -X security.protocol=SASL_PLAINTEXT -X sasl.mechanisms="$mechanism" -X sasl.username="$KAFKA_USER" \
        -X sasl.password="${password-$KAFKA_PASSWORD}" "$KAFKA_SASL" "$@"
}

test_every_mechanism_lets_the_user_in_and_nobody_else() {
    local mechanism
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 5
    for mechanism in PLAIN SCRAM-SHA-256 SCRAM-SHA-512; do
        contains "$(sasl "$mechanism" consume "$UNIQUE" --count)" "5 messages"
    done
    password=wrong ends 1 sasl SCRAM-SHA-256 -X log_level=3 --patience 1500 consume "$UNIQUE" --count
    contains "$err" "Authentication failed"
    contains "$("$TOOLS/kafka_tool" -X security.protocol=SASL_PLAINTEXT -X sasl.mechanisms=OAUTHBEARER -X enable.sasl.oauthbearer.unsecure.jwt=true \
        -X sasl.oauthbearer.config=principal="$KAFKA_USER" "$KAFKA_SASL" consume "$UNIQUE" --count)" "5 messages"
}

test_tls_is_there_with_and_without_a_client_certificate() {
    local tls=(-X security.protocol=SSL -X ssl.ca.location="$KAFKA_CA")
    kafka create "$UNIQUE"
    kafka produce "$UNIQUE" 5
    contains "$("$TOOLS/kafka_tool" "${tls[@]}" "$KAFKA_SSL" consume "$UNIQUE" --count)" "5 messages"
    tls+=(-X ssl.certificate.location="$KAFKA_CLIENT_CERT" -X ssl.key.location="$KAFKA_CLIENT_KEY")
    contains "$("$TOOLS/kafka_tool" "${tls[@]}" "$KAFKA_SSL" consume "$UNIQUE" --count)" "5 messages"
    contains "$("$TOOLS/kafka_tool" -X security.protocol=SASL_SSL -X ssl.ca.location="$KAFKA_CA" -X sasl.mechanisms=SCRAM-SHA-512 \
        -X sasl.username="$KAFKA_USER" -X sasl.password="$KAFKA_PASSWORD" "$KAFKA_SASL_SSL" consume "$UNIQUE" --count)" "5 messages"
}

test_acknowledged_messages_survive_a_killed_broker() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 1000 -X acks=all
    kafka_server kill9
    kafka_server start
    contains "$(kafka consume "$UNIQUE" --count)" "1000 messages"
}

test_a_connection_cut_by_the_proxy_is_made_again() {
    kafka create "$UNIQUE" 2
    proxy_to "$KAFKA_PROXIED" --port "$KAFKA_PROXY"
    "$TOOLS/kafka_tool" "127.0.0.1:$KAFKA_PROXY" -X enable.idempotence=true -X linger.ms=0 -X reconnect.backoff.max.ms=300 produce "$UNIQUE" 300000 --size 200 2>produce.log &
    local producer=$! try
    for try in 1 2 3 4 5; do
        sleep 0.2
        proxy_do reset
    done
    wait "$producer" || { cat produce.log; return 1; }
    contains "$(kafka consume "$UNIQUE" --count)" "300000 messages"
    [[ $try == 5 ]]
}
