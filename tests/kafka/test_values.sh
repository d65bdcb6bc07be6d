# test_values.sh: what values become: several records in one message, newlines within, and what stands beside them.
# shellcheck shell=bash

# pull TOPIC [QUERY [FLAG...]]: reads what the topic holds now, into the zone of this test.
pull() {
    headrace ingest "kafka://$KAFKA/$1?until=end${2:+&$2}" --to zone --name "$UNIQUE" --ledger ledger.db "${@:3}"
}

landed() { find zone -name '*.zst' -exec zstd -qdc {} + | sort; }
job() { sed -nE 's/.*\(job ([0-9a-f-]*)\).*/\1/p' "$1" | tail -n 1; }

test_each_record_of_a_message_is_a_row_with_its_metadata_and_its_place() {
    kafka create "$UNIQUE"
    printf '1,a\n2,"b\nc"\r\n\n3,6" pipe' | kafka message "$UNIQUE"
    printf '4,d\nfive\n6,f\n' | kafka message "$UNIQUE"
    printf '7,g' | kafka message "$UNIQUE"
    ends 3 pull "$UNIQUE" 'from=earliest&value=csv&columns=id,name&metadata=offset' --write csv
    contains "$out" "loaded 6 + duplicate 0 + rejected 1 + skipped 1"
    equal "$(landed | tr '\n' ' ')" '0,1,a 0,2,"b 0,3,"6"" pipe" 1,4,d 1,6,f 2,7,g _offset,id,name c" '
    contains "$(headrace errors "$(job "$folder/.err")" --ledger ledger.db)" "${UNIQUE}[0]@1"
}

# Where metadata stands in front of each record, the connector must end records where the reader does.
test_records_that_end_with_a_carriage_return_alone_are_rows_too() {
    kafka create "$UNIQUE"
    printf '1,a\r2,"b\rc"\r\r3,d\r' | kafka message "$UNIQUE"
    ends 0 pull "$UNIQUE" 'from=earliest&value=csv&columns=id,name&metadata=offset' --write csv
    contains "$out" "loaded 3 + duplicate 0 + rejected 0 + skipped 1"
    equal "$(landed | tr '\r\n' '! ')" '0,1,a 0,2,"b!c" 0,3,d _offset,id,name '
}

test_objects_of_several_lines_are_one_record_each() {
    kafka create "$UNIQUE"
    printf '{\n  "n": 1,\n  "text": "a\\nb"\n}\n' | kafka message "$UNIQUE"
    printf '{"n":2}\n{"n":3}\n' | kafka message "$UNIQUE"
    printf '{"n":4}\n\n' | kafka message "$UNIQUE"
    ends 3 pull "$UNIQUE" from=earliest
    contains "$out" "read 3 = loaded 2 + duplicate 0 + rejected 1"
    contains "$(headrace errors "$(job "$folder/.err")" --ledger ledger.db)" "${UNIQUE}[0]@1"
    equal "$(headrace errors "$(job "$folder/.err")" --ledger ledger.db --csv)" $'{"n":2}\n{"n":3}'
}

# Commits come within the message, and a run that is killed there goes on there.
test_a_run_that_is_killed_within_a_message_goes_on_within_it() {
    local puller
    kafka create "$UNIQUE" 1 max.message.bytes=5000000
    seq -f '%.0f,row' 1 150000 | kafka message "$UNIQUE" -X message.max.bytes=5000000
    kafka produce "$UNIQUE" 1 --first 1000000
    headrace ingest "kafka://$KAFKA/$UNIQUE?until=end&from=earliest&value=csv&columns=id,name" --to zone --name "$UNIQUE" \
        --ledger ledger.db --segment-rows 1000 >/dev/null 2>&1 &
    puller=$!
    in_message() { [[ $(sqlite3 ledger.db 'SELECT position FROM part' 2>/dev/null) == 0*+* ]]; }
    soon in_message
    kill -KILL "$puller"
    wait "$puller" || :
    in_message || broken "it was too quick"
    # Bytes of a record are counted, and with other columns it is another one.
    ends 1 pull "$UNIQUE" 'value=csv&columns=id,name&metadata=offset'
    contains "$err" "stopped within the message ${UNIQUE}[0]@0"
    pull "$UNIQUE" 'value=csv&columns=id,name' --segment-rows 1000 >out 2>err || :
    equal "$(landed | grep -c ',row$')" 150000
    equal "$(landed | grep ',row$' | uniq | wc -l)" 150000
    contains "$(<out)" "rejected 1" # the last message has one column
}

test_members_named_as_metadata_are_rejected_and_another_prefix_takes_them() {
    local listed
    kafka create "$UNIQUE" && kafka create "$UNIQUE.dead"
    printf '{"n":1}\n{"_offset":999,"n":2}\n[3]\n4\n1,"_offset":5\n' | kafka lines "$UNIQUE"
    ends 3 pull "$UNIQUE" "from=earliest&metadata=offset&dead-letter=$UNIQUE.dead"
    equal "$(landed | tr '\n' ' ')" '{"_offset":0,"n":1} {"_offset":2,"value":[3]} {"_offset":3,"value":4} '
    listed=$(headrace errors "$(job "$folder/.err")" --ledger ledger.db)
    contains "$listed" "${UNIQUE}[0]@1: it has a member _offset itself, metadata-prefix=NAME names the metadata otherwise"
    contains "$listed" "${UNIQUE}[0]@4"
    equal "$(kafka consume "$UNIQUE.dead" --values | tr '\n' ' ')" '{"_offset":999,"n":2} 1,"_offset":5 '
    rm -rf zone ledger.db*
    ends 3 pull "$UNIQUE" "from=earliest&metadata=offset&metadata-prefix=kafka_&group=$UNIQUE"
    contains "$(landed)" '{"kafka_offset":1,"_offset":999,"n":2}'
}

test_columns_of_no_name_or_of_one_name_twice_are_refused() {
    kafka create "$UNIQUE"
    for columns in ',' a,a a,_offset; do
        ends 2 pull "$UNIQUE" "from=earliest&value=csv&metadata=offset&columns=$columns"
        contains "$err" "column"
    done
    ends 2 pull "$UNIQUE" "from=earliest&group="
    contains "$err" "option group is empty"
}

test_options_of_values_that_mean_nothing_are_refused() {
    for each in columns=a 'delimiter=;' 'columns=a&value=raw' metadata-prefix=k_; do
        ends 2 pull "$UNIQUE" "from=earliest&$each"
        contains "$err" "option ${each%%=*} is for "
    done
}
