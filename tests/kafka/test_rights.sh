# test_rights.sh: a destination whose user lacks a right, or whose topic changes while rows are on their way: what is said,
# and that nothing is lost or doubled.
# shellcheck shell=bash

# land NAME [QUERY [FLAG...]]: as alice, who may do what nobody has a rule for.
land() {
    headrace ingest a.csv --to "kafka://alice:$KAFKA_PASSWORD@$KAFKA_SASL/$1?sasl-mechanism=SCRAM-SHA-256&checkpoint=$1.at${2:+&$2}" \
        --name "$1" --ledger "$1.db" --reconnect 30s "${@:3}"
}
committed() { kafka consume "$1" --committed --values | sort; }
# deny OPERATION RESOURCE...: of that resource alice may do all but this.
deny() {
    kafka_acl --add --allow-principal User:alice --operation All "${@:2}" >/dev/null
    kafka_acl --add --deny-principal User:alice --operation "$1" "${@:2}" >/dev/null
}
topics() { kafka create "$1" && kafka create "$1.at" 1 cleanup.policy=compact; }

test_a_right_that_is_missing_is_named_at_once() {
    local began=$SECONDS each
    printf 'a,b\n1,2\n' >a.csv
    for each in rows positions; do topics "$UNIQUE.$each"; done
    topics "$UNIQUE.id"
    deny Write --topic "$UNIQUE.rows"
    deny Write --topic "$UNIQUE.positions.at"
    deny Write --transactional-id "headrace-$UNIQUE.id" --resource-pattern-type prefixed
    for each in rows positions id; do
        ends 1 land "$UNIQUE.$each"
        contains "$err" "the user needs the rights to write and describe \"$UNIQUE.$each\""
        equal "$(committed "$UNIQUE.$each" | wc -l)" 0
    done
    ((SECONDS - began < 80)) || broken "took $((SECONDS - began)) s"
}

test_positions_that_may_not_be_read_stop_the_job() {
    printf 'a,b\n1,2\n' >a.csv
    topics "$UNIQUE"
    land "$UNIQUE"
    deny Read --topic "$UNIQUE.at"
    printf 'a,b\n3,4\n' >a.csv
    ends 1 land "$UNIQUE"
    contains "$err" "reading the checkpoint topic \"$UNIQUE.at\""
    equal "$(committed "$UNIQUE")" 1,2
}

test_a_topic_whose_limit_may_not_be_asked_for_takes_what_is_said() {
    python3 -c 'print("a,b"); [print("%d,%s" % (i, "x" * 4000)) for i in range(1000)]; print("9999," + "y" * 30000)' >a.csv
    kafka create "$UNIQUE" 1 max.message.bytes=20000
    kafka create "$UNIQUE.at" 1 cleanup.policy=compact
    deny DescribeConfigs --topic "$UNIQUE"
    ends 1 land "$UNIQUE" codec=none
    contains "$err" "rdkafka.message.max.bytes"
    ends 3 land "$UNIQUE" 'codec=none&rdkafka.message.max.bytes=20000'
    contains "$out" "loaded 1 000 + duplicate 0 + rejected 1"
    equal "$(committed "$UNIQUE" | uniq | wc -l)" 1000
    equal "$(committed "$UNIQUE" | wc -l)" 1000
}

# Rows of a topic, so that there is time between them.
follow() {
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to "kafka://$KAFKA/$UNIQUE.to?codec=none" --segment-age 300ms --name "$UNIQUE" \
        --ledger ledger.db --reconnect 20s >log 2>&1 &
    pid=$!
    landed() { (($(committed "$UNIQUE.to" | wc -l) == $1)); }
    soon landed 100
}

test_a_limit_that_is_lowered_meanwhile_makes_refused_rows() {
    local pid
    kafka create "$UNIQUE" && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 100
    follow
    kafka_config "$UNIQUE.to" max.message.bytes=3000
    kafka produce "$UNIQUE" 10 --first 100 --size 5000
    kafka produce "$UNIQUE" 10 --first 110
    soon landed 110
    kill -INT "$pid"
    wait "$pid" || :
    contains "$(<log)" "rejected 10"
    equal "$(committed "$UNIQUE.to" | uniq | wc -l)" 110
}

test_a_topic_that_is_deleted_meanwhile_is_said() {
    local pid rc=0 began
    kafka create "$UNIQUE" && kafka create "$UNIQUE.to"
    kafka produce "$UNIQUE" 100
    follow
    kafka delete "$UNIQUE.to"
    began=$SECONDS
    kafka produce "$UNIQUE" 100 --first 100
    wait "$pid" || rc=$?
    equal "$rc" 1 "exit status"
    contains "$(<log)" "there is none of that name; create it"
    ((SECONDS - began < 80)) || broken "took $((SECONDS - began)) s"
    # What comes after it is made anew is landed there, each once.
    kafka create "$UNIQUE.to"
    headrace ingest "kafka://$KAFKA/$UNIQUE?until=end" --to "kafka://$KAFKA/$UNIQUE.to" --name "$UNIQUE" --ledger ledger.db
    equal "$(committed "$UNIQUE.to" | uniq | wc -l)" 100
    equal "$(committed "$UNIQUE.to" | wc -l)" 100
}

test_a_row_larger_than_a_queue_does_not_wait_for_room() {
    kafka create "$UNIQUE" 1 max.message.bytes=60000000
    python3 -c 'print("{\"n\":1}"); print("{\"n\":2,\"t\":\"" + "x" * 40000000 + "\"}"); print("{\"n\":3}")' >a.ndjson
    headrace ingest a.ndjson --to "kafka://$KAFKA/$UNIQUE?codec=none" --name "$UNIQUE" --ledger ledger.db --limits-row-bytes 64Mi
    equal "$(kafka consume "$UNIQUE" --committed --count -X fetch.message.max.bytes=70000000 -X receive.message.max.bytes=900000000 | cut -d ' ' -f 1)" 3
    local setting
    printf '{"n":4}\n{"n":5,"t":"%05000d"}\n' 0 >b.ndjson
    for setting in queue.buffering.max.kbytes=1 message.max.bytes=2000; do
        kafka create "$UNIQUE.${setting%=*}"
        ends 3 headrace ingest b.ndjson --to "kafka://$KAFKA/$UNIQUE.${setting%=*}?rdkafka.$setting" --name "$UNIQUE.${setting%=*}" \
            --ledger b.db
        contains "$out" "loaded 1 + duplicate 0 + rejected 1"
        equal "$(kafka consume "$UNIQUE.${setting%=*}" --committed --values)" '{"n":4}'
    done
}
