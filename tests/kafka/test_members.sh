# test_members.sh: who comes back to the group: what it had is not taken for what there is now.
# shellcheck shell=bash

# pull TOPIC [QUERY [FLAG...]]: reads what the topic holds now, into the zone of this test.
pull() {
    headrace ingest "kafka://$KAFKA/$1?from=earliest&until=end${2:+&$2}" --to zone --name "$UNIQUE" --ledger ledger.db \
        "${@:3}"
}

landed() { find zone -name '*.zst' -exec zstd -qdc {} + | sort; }

# A broker gives a static member that is back what it had, and asks nobody.
test_partitions_that_were_added_between_two_runs_are_read() {
    kafka create "$UNIQUE" 2
    kafka produce "$UNIQUE" 100
    contains "$(pull "$UNIQUE")" "loaded 100"
    kafka grow "$UNIQUE" 4
    kafka produce "$UNIQUE" 100 --first 100
    contains "$(pull "$UNIQUE")" "loaded 100"
    equal "$(landed | uniq | wc -l)" 200
}

test_two_topics_of_one_feed_are_not_taken_for_each_other() {
    kafka create "$UNIQUE" 2 && kafka create "$UNIQUE.b" 2
    kafka produce "$UNIQUE" 100
    kafka produce "$UNIQUE.b" 100 --first 1000
    contains "$(pull "$UNIQUE" member=one)" "loaded 100"
    contains "$(pull "$UNIQUE.b" member=one)" "loaded 100"
    equal "$(landed | uniq | wc -l)" 200
}
