# test_sink.sh: rows landed in topics: each once, for readers of committed messages.
# shellcheck shell=bash

# push FILE TOPIC [QUERY [FLAG...]]
push() {
    headrace ingest "$1" --to "kafka://$KAFKA/$2${3:+?$3}" --name "$UNIQUE" --ledger ledger.db "${@:4}"
}
# The job that a message of headrace names.
job() { sed -nE 's/.*\(job ([0-9a-f-]*)\).*/\1/p' "$1" | tail -n 1; }
committed() { kafka consume "$1" --committed --values | sort; }

rows() {
    echo id,name
    seq "$1" | sed 's/.*/&,"name, &"/'
}

test_rows_become_messages_with_keys_and_headers() {
    kafka create "$UNIQUE" 3
    rows 1000 >a.csv
    contains "$(push a.csv "$UNIQUE" 'key=id&value=ndjson&headers=lineage')" "loaded 1 000"
    equal "$(committed "$UNIQUE" | uniq | wc -l)" 1000
    contains "$(kafka consume "$UNIQUE" --headers | sort -t $'\t' -k 3n | head -n 1)" $'\t1\t{"id":"1","name":"name, 1"}\t'"headrace-feed=$UNIQUE;headrace-job="
    kafka create "$UNIQUE.two"
    mv ledger.db first.db
    push a.csv "$UNIQUE.two" 'key=id,name&value=csv' >/dev/null
    equal "$(kafka consume "$UNIQUE.two" --committed | head -n 1)" $'0\t0\t["1","name, 1"]\t1,"name, 1"'
    rows 10 >b.csv
    ends 2 push b.csv "$UNIQUE.two" key=nobody
    contains "$err" 'option key names "nobody"'
}

test_lines_of_json_pass_as_they_are() {
    kafka create "$UNIQUE"
    printf '{"a": 1}\n{"b":[1, 2]}\n' >a.ndjson
    push a.ndjson "$UNIQUE"
    equal "$(committed "$UNIQUE" | tr '\n' ' ')" '{"a": 1} {"b":[1, 2]} '
}

# Records pass as they are, and the columns of the key are looked for in them.
test_keys_are_found_in_lines_of_json_and_in_messages() {
    kafka create "$UNIQUE" && kafka create "$UNIQUE.b" && kafka create "$UNIQUE.c"
    printf '%s\n' '{"id":"a\"\u00e9","n":1.50,"o":[1]}' '{"n":2,"id":null}' '{"id":"","n":3}' >a.ndjson
    push a.ndjson "$UNIQUE" key=id >/dev/null
    equal "$(kafka consume "$UNIQUE" --committed | cut -f 3- | tr '\t\n' '| ')" \
        'a"é|{"id":"a\"\u00e9","n":1.50,"o":[1]} \N|{"n":2,"id":null} |{"id":"","n":3} '
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to "kafka://$KAFKA/$UNIQUE.b?key=n,id,o" --name "$UNIQUE" \
        --ledger ledger.db >/dev/null
    equal "$(kafka consume "$UNIQUE.b" --committed | cut -f 3 | tr '\n' ' ')" '["1.50","a\"é","[1]"] ["2",null,null] ["3","",null] '
    mv ledger.db first.db
    push a.ndjson "$UNIQUE.c" 'key=n&value=csv' >/dev/null
    equal "$(kafka consume "$UNIQUE.c" --committed | cut -f 3- | tr '\t\n' '| ')" '1.50|"a""é",1.50,[1] 2|,2, 3|"",3, '
}

test_a_pipe_that_rests_for_longer_than_a_transaction_may_take_goes_on() {
    kafka create "$UNIQUE"
    { echo '{"n":1}' && sleep 5 && echo '{"n":2}'; } |
        headrace ingest - --to "kafka://$KAFKA/$UNIQUE?transaction-timeout=2s" --name "$UNIQUE" --ledger ledger.db >/dev/null
    equal "$(kafka consume "$UNIQUE" --committed --values | tr '\n' ' ')" '{"n":1} {"n":2} '
}

test_a_message_that_is_too_large_is_a_reject_and_the_others_land() {
    local rc=0
    kafka create "$UNIQUE" 1 max.message.bytes=2000
    { echo id,text; echo 1,a; printf '2,%05000d\n' 0; echo 3,c; } >a.csv
    push a.csv "$UNIQUE" value=csv >out 2>err || rc=$?
    equal "$rc" 3
    contains "$(cat out)" "read 3 = loaded 2 + duplicate 0 + rejected 1"
    contains "$(headrace errors "$(job err)" --ledger ledger.db)" "the topic takes at most 2000"
    equal "$(committed "$UNIQUE" | tr '\n' ' ')" '1,a 3,c '
}

test_kills_lose_nothing_and_double_nothing() {
    local kills=0 pid i rc=0
    kafka create "$UNIQUE" 3
    rows 300000 >a.csv
    for ((i = 0; i < 10; i++)); do
        headrace ingest a.csv --to "kafka://$KAFKA/$UNIQUE?value=csv" --name "$UNIQUE" --ledger ledger.db --segment-rows 5000 \
            >/dev/null 2>&1 &
        pid=$!
        sleep "0.$((2 + RANDOM % 5))$((RANDOM % 10))"
        kill -KILL "$pid" 2>/dev/null || : # it may have ended
        rc=0
        wait "$pid" || rc=$?
        ((rc != 137)) || kills=$((kills + 1))
    done
    echo "| $kills kills"
    ((kills)) || broken "no run was killed in its middle"
    rc=0
    push a.csv "$UNIQUE" value=csv || rc=$?
    ((rc == 0 || rc == 4)) || broken "exit status $rc, neither done nor nothing to do"
    equal "$(committed "$UNIQUE" | wc -l)" 300000
    equal "$(committed "$UNIQUE" | uniq | wc -l)" 300000
}

test_headers_count_for_the_size_of_a_message() {
    local long
    long=$(printf 'd%.0s' $(seq 200))/$(printf 'e%.0s' $(seq 200))/$(printf 'f%.0s' $(seq 200))
    mkdir -p "$long"
    kafka create "$UNIQUE" 1 max.message.bytes=20000
    python3 -c 'print("a,b"); [print("%d,%s" % (i, "x" * 19300)) for i in range(3)]; print("3,x")' >"$long/x.csv"
    ends 3 push "$long/x.csv" "$UNIQUE" headers=lineage
    contains "$out" "loaded 1 + duplicate 0 + rejected 3"
}

test_many_refused_rows_do_not_fill_the_memory() {
    kafka create "$UNIQUE" 1 max.message.bytes=10000
    python3 -c 'print("a,b"); [print("%d,%s" % (i, "y" * 20000)) for i in range(6000)]' >a.csv
    push a.csv "$UNIQUE" '' --max-errors 10000 >run.log 2>&1 &
    local most=0 now pid=$!
    while kill -0 "$pid" 2>/dev/null; do
        now=$(ps -o rss= --ppid "$pid" -p "$pid" | sort -n | tail -n 1) || : # it may have ended just now
        ((${now:-0} <= most)) || most=$now
        sleep 0.05
    done
    contains "$(<run.log)" "rejected 6 000"
    ((most < 330000)) || broken "it took $most KiB"
}

# What a feed commits behind the open transaction of another one is shown to nobody for as long as that is open.
test_a_killed_feed_does_not_make_another_one_send_its_rows_again() {
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    local folder=$PWD first
    kafka create "$UNIQUE.a"
    kafka create "$UNIQUE.b"
    kafka create "$UNIQUE.positions" 1 cleanup.policy=compact
    printf 'a,b\n1,2\n3,4\n' >x.csv
    feed() { # NAME PROGRAM
        "$2" ingest x.csv --to "kafka://$KAFKA/$UNIQUE.$1?checkpoint=$UNIQUE.positions" --name "$UNIQUE.$1" --ledger "$folder/$1.db"
    }
    HEADRACE_FAULT=kafka.commit:1:kill ends 137 feed a "$HEADRACE_FAULTS"
    HEADRACE_FAULT=kafka.committed:1:kill ends 137 feed b "$HEADRACE_FAULTS"
    feed b "$HEADRACE_FAULTS" >b.log 2>&1 &
    first=$!
    sleep 2
    feed a "$HEADRACE_FAULTS" >a.log 2>&1 # which ends what it had begun
    wait "$first"
    equal "$(committed "$UNIQUE.b" | tr '\n' ' ')" '1,2 3,4 '
    equal "$(committed "$UNIQUE.a" | tr '\n' ' ')" '1,2 3,4 '
}

# Each feed has a partition of its own there, or nearly so.
test_a_killed_feed_does_not_make_another_one_wait() {
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    local began
    kafka create "$UNIQUE.a"
    kafka create "$UNIQUE.b"
    kafka create "$UNIQUE.positions" 300 cleanup.policy=compact
    printf 'a,b\n1,2\n3,4\n' >x.csv
    feed() { # NAME
        "$HEADRACE_FAULTS" ingest x.csv --to "kafka://$KAFKA/$UNIQUE.$1?checkpoint=$UNIQUE.positions" --name "$UNIQUE.$1" --ledger "$1.db"
    }
    HEADRACE_FAULT=kafka.commit:1:kill ends 137 feed a
    HEADRACE_FAULT=kafka.committed:1:kill ends 137 feed b
    began=$SECONDS
    feed b
    ((SECONDS - began < 45)) || broken "took $((SECONDS - began)) s"
    equal "$(committed "$UNIQUE.b" | tr '\n' ' ')" '1,2 3,4 '
    feed a
    equal "$(committed "$UNIQUE.a" | tr '\n' ' ')" '1,2 3,4 '
}

test_positions_are_found_when_their_topic_was_given_more_partitions() {
    kafka create "$UNIQUE"
    kafka create "$UNIQUE.positions" 1 cleanup.policy=compact
    rows 1000 >a.csv
    push a.csv "$UNIQUE" "checkpoint=$UNIQUE.positions" >/dev/null
    kafka grow "$UNIQUE.positions" 40
    rows 2000 >b.csv
    push b.csv "$UNIQUE" "checkpoint=$UNIQUE.positions" >/dev/null
    mv ledger.db other.db
    ends 1 push a.csv "$UNIQUE" "checkpoint=$UNIQUE.positions"
    contains "$err" "belong to another ledger"
    equal "$(committed "$UNIQUE" | wc -l)" 3000
}

# After a commit nobody heard of, that topic alone knows whether there was one.
test_a_checkpoint_topic_that_is_lost_is_noticed() {
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    local way
    printf 'a,b\n1,2\n3,4\n' >x.csv
    for way in deleted anew; do
        kafka create "$UNIQUE.$way"
        feed() {
            "$HEADRACE_FAULTS" ingest x.csv --to "kafka://$KAFKA/$UNIQUE.$way?checkpoint=$UNIQUE.at.$way" --name "$UNIQUE.$way" \
                --ledger "$way.db"
        }
        HEADRACE_FAULT=kafka.committed:1:kill ends 137 feed
        kafka delete "$UNIQUE.at.$way"
        [[ $way == deleted ]] || kafka create "$UNIQUE.at.$way" 1 cleanup.policy=compact
        ends 1 feed
        contains "$err" "$([[ $way == deleted ]] && echo 'is gone, which says what was committed' || echo 'nobody can tell')"
        equal "$(committed "$UNIQUE.$way" | tr '\n' ' ')" '1,2 3,4 '
    done
}

test_a_checkpoint_topic_that_is_made_anew_meanwhile_is_noticed() {
    local pid rc=0
    kafka create "$UNIQUE" && kafka create "$UNIQUE.to" && kafka create "$UNIQUE.positions" 1 cleanup.policy=compact
    kafka produce "$UNIQUE" 100
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to "kafka://$KAFKA/$UNIQUE.to?checkpoint=$UNIQUE.positions" \
        --segment-age 300ms --name "$UNIQUE" --ledger ledger.db --reconnect 1s >log 2>&1 &
    pid=$!
    landed() { (($(committed "$UNIQUE.to" | wc -l) == $1)); }
    soon landed 100
    kafka produce "$UNIQUE" 100 --first 100
    soon landed 200
    kill -STOP "$pid" # it does not see that there is none
    kafka delete "$UNIQUE.positions"
    kafka create "$UNIQUE.positions" 1 cleanup.policy=compact
    kill -CONT "$pid"
    kafka produce "$UNIQUE" 100 --first 200
    wait "$pid" || rc=$?
    ((rc == 1)) || broken "exit status $rc: $(<log)"
    equal "$(committed "$UNIQUE.to" | uniq | wc -l)" "$(committed "$UNIQUE.to" | wc -l)"
    contains "$(<log)" "checkpoint topic"
}

test_a_broker_that_is_restarted_costs_a_delay() {
    local writer
    kafka create "$UNIQUE" 3
    rows 300000 >a.csv
    push a.csv "$UNIQUE" value=csv --segment-rows 5000 >log 2>&1 &
    writer=$!
    sleep 1.5
    kafka_server kill9
    kafka_server start
    wait "$writer" || broken "$(cat log)"
    equal "$(committed "$UNIQUE" | wc -l)" 300000
    equal "$(committed "$UNIQUE" | uniq | wc -l)" 300000
}

test_a_transaction_that_outlives_its_timeout_is_begun_anew() {
    local pid
    kafka create "$UNIQUE" 2
    rows 2000000 >a.csv
    headrace ingest a.csv --to "kafka://$KAFKA/$UNIQUE?value=csv&transaction-timeout=2s" --name "$UNIQUE" --ledger ledger.db \
        --segment-rows 2000000 >log 2>&1 &
    pid=$!
    ended() {
        [[ $(kafka watermarks "$UNIQUE" -X isolation.level=read_committed) == "$(kafka watermarks "$UNIQUE" -X isolation.level=read_uncommitted)" ]]
    }
    begun() { (($(kafka consume "$UNIQUE" --count | cut -d ' ' -f 1) > 0)); }
    soon begun
    kill -STOP "$pid"
    soon ended # by the broker
    kill -CONT "$pid"
    wait "$pid" || broken "$(<log)"
    contains "$(<log)" "option transaction-timeout"
    equal "$(committed "$UNIQUE" | wc -l)" 2000000
    equal "$(committed "$UNIQUE" | uniq | wc -l)" 2000000
}

test_segments_are_closed_before_their_transaction_is_too_old() {
    local pid i
    kafka create "$UNIQUE" && kafka create "$UNIQUE.to"
    headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest" --to "kafka://$KAFKA/$UNIQUE.to?transaction-timeout=8s" \
        --segment-age 1h --name "$UNIQUE" --ledger ledger.db >log 2>&1 &
    pid=$!
    for ((i = 0; i < 20; i++)); do
        kafka produce "$UNIQUE" 10 --first "$((i * 10))" >produced
        sleep 0.6
    done
    landed() { (($(committed "$UNIQUE.to" | wc -l) >= 200)); }
    soon landed
    kill -INT "$pid"
    wait "$pid" || :
    ! grep -q Reconnecting log || broken "$(<log)"
    equal "$(committed "$UNIQUE.to" | uniq | wc -l)" 200
    equal "$(committed "$UNIQUE.to" | wc -l)" 200
}

test_a_timeout_that_the_broker_does_not_allow_is_said() {
    kafka create "$UNIQUE"
    rows 1 >a.csv
    ends 2 push a.csv "$UNIQUE" transaction-timeout=2h
    contains "$err" "transaction.max.timeout.ms"
}

test_topic_to_topic() {
    kafka create "$UNIQUE" 3 && kafka create "$UNIQUE.to" 2
    kafka produce "$UNIQUE" 5000 --size 100
    contains "$(push "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" "$UNIQUE.to" "" --segment-rows 1000)" "loaded 5 000"
    kafka produce "$UNIQUE" 500 --first 5000 --size 100
    contains "$(push "kafka://$KAFKA/$UNIQUE?until=end" "$UNIQUE.to")" "loaded 500"
    equal "$(committed "$UNIQUE.to" | uniq | wc -l)" 5500
    equal "$(committed "$UNIQUE.to" | wc -l)" 5500
}

test_members_are_refused_rather_than_fencing_each_other() {
    kafka create "$UNIQUE"
    kafka create "$UNIQUE.out"
    ends 1 headrace ingest "kafka://$KAFKA/$UNIQUE?from=earliest&until=end" --to "kafka://$KAFKA/$UNIQUE.out" --name "$UNIQUE" \
        --ledger ledger.db --member a
    contains "$err" 'a topic is written by one run of a feed at a time'
}

test_another_ledger_does_not_land_the_same_source_again() {
    kafka create "$UNIQUE"
    rows 10 >a.csv
    push a.csv "$UNIQUE"
    mv ledger.db other.db
    ends 1 push a.csv "$UNIQUE"
    contains "$err" "belong to another ledger"
    equal "$(committed "$UNIQUE" | wc -l)" 10
}

test_a_topic_that_is_not_there_is_said() {
    rows 10 >a.csv
    ends 1 push a.csv "$UNIQUE.nowhere"
    contains "$err" 'looking for the topic'
    rm ledger.db
    kafka create "$UNIQUE"
    kafka create "$UNIQUE.check" 1 cleanup.policy=delete
    ends 2 push a.csv "$UNIQUE" "checkpoint=$UNIQUE.check"
    contains "$err" "must be compact"
}
