# test_rejects.sh: rows that PostgreSQL refuses: their keys, their bytes, and how they come back mended, also when the program
# ends while they do.
# shellcheck shell=bash disable=SC2154

target() { echo "$(postgres_uri)?table=$1"; }
rows() { printf "%s\n" "$@" >rows.csv; }
job() { headrace jobs --limit 1 | cut -f 1; }

# bad.csv: COUNT rows "id,n", of which every tenth has a word for n.
some_bad() {
    awk -v n="$1" 'BEGIN { print "id,n"; for (i = 1; i <= n; i++) print i "," (i % 10 ? i : "w" i) }' >bad.csv
    sql "CREATE TABLE t (id int, n int)"
}

# The rejects of the last job, mended, in mended.csv.
mend() { headrace errors "$(job)" --csv | sed 's/w//' >mended.csv; }

test_refused_rows_come_back_mended() {
    some_bad 100
    ends 3 headrace ingest bad.csv --name f --to "$(target t)"
    contains "$out" "read 100 = loaded 90 + duplicate 0 + rejected 10 + skipped 0"
    mend
    equal "$(wc -l <mended.csv)" 10
    sed -i '1s/,10/,ten/' mended.csv
    ends 3 headrace retry "$(job)" --rows mended.csv
    contains "$out" "read 100 = loaded 99 + duplicate 0 + rejected 1 + skipped 0"
    contains "$(headrace job "$(job)" --json)" '"status":"PARTIALLY_COMPLETED"'
    headrace errors "$(job)" --csv | sed 's/ten/10/' >mended.csv
    headrace retry "$(job)" --rows mended.csv >/dev/null
    equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n) FROM t")" "100|100|5050"
    ends 4 headrace retry "$(job)" --rows mended.csv
}

test_mended_rows_land_once_when_the_program_ends_at_any_step() {
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    local point
    some_bad 100
    for point in commit.segment commit.prepared commit.recorded postgres.commit commit.published; do
        sql "TRUNCATE t"
        ends 3 headrace ingest bad.csv --name "f-$point" --to "$(target t)"
        mend
        HEADRACE_FAULT=$point:1:kill ends 137 "$HEADRACE_FAULTS" retry "$(job)" --rows mended.csv
        headrace retry "$(job)" --rows mended.csv >/dev/null || (($? == 4))
        equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n) FROM t")" "100|100|5050" "the table after $point"
        contains "$(headrace job "$(job)" --json)" '"status":"COMPLETED"'
    done
}

test_keys_of_refused_rows_are_free_for_mended_ones() {
    some_bad 100
    ends 3 headrace ingest bad.csv --name f --key id --to "$(target t)"
    mend
    headrace retry "$(job)" --rows mended.csv >/dev/null
    equal "$(sql "SELECT count(*), sum(n) FROM t")" "100|5050"
}

test_keys_of_refused_rows_are_free_for_a_later_file() {
    some_bad 100
    ends 3 headrace ingest bad.csv --name f --key id --to "$(target t)"
    sed 's/w//' bad.csv >good.csv
    ends 0 headrace ingest good.csv --name f --key id --to "$(target t)"
    contains "$out" "read 100 = loaded 10 + duplicate 90 + rejected 0 + skipped 0"
    equal "$(sql "SELECT count(*), sum(n) FROM t")" "100|5050"
}

test_mended_rows_do_not_replace_a_table() {
    some_bad 100
    ends 3 headrace ingest bad.csv --name f --to "$(target t)&mode=replace"
    mend
    ends 1 headrace retry "$(job)" --rows mended.csv
    contains "$err" "mended rows cannot be added to a table that mode=replace has put in place"
    equal "$(sql "SELECT count(*) FROM t")" 90
}

test_rows_that_a_table_refuses_on_their_way_from_another_come_back() {
    sql "CREATE TABLE source (id int PRIMARY KEY, word text)" "CREATE TABLE t (id int, word varchar(3))" \
        "INSERT INTO source SELECT i, CASE WHEN i % 10 = 0 THEN 'long' || i ELSE 'x,y' END FROM generate_series(1, 100) i" \
        "UPDATE source SET word = NULL WHERE id = 7" "UPDATE source SET word = '' WHERE id = 8"
    ends 3 headrace ingest "$(target source)" --name f --to "$(target t)"
    contains "$out" "read 100 = loaded 90 + duplicate 0 + rejected 10 + skipped 0"
    headrace errors "$(job)" --csv | sed -E 's/long[0-9]+/"a,b"/; s/"?"a,b""?/"a,b"/' >mended.csv
    ends 0 headrace retry "$(job)" --rows mended.csv
    contains "$out" "read 100 = loaded 100 + duplicate 0 + rejected 0 + skipped 0"
    equal "$(sql "SELECT count(*), count(DISTINCT id), count(*) FILTER (WHERE word = 'a,b'), count(*) FILTER (WHERE word IS NULL), count(*) FILTER (WHERE word = '') FROM t")" "100|100|10|1|1"
}

# ---- waiting for a server that does not answer -----------------------------------------------------------------------------

# The processes of the server that work for this database.
backends() { sql "SELECT string_agg(pid::text, ' ') FROM pg_stat_activity WHERE datname = '$PGDATABASE' AND pid <> pg_backend_pid()"; }

test_a_second_signal_ends_the_wait_for_a_server_that_hangs() {
    local run rc=0 hung
    sql "CREATE TABLE t (id bigint)"
    awk 'BEGIN { print "id"; for (i = 1; i <= 3000000; i++) print i }' >rows.csv
    headrace ingest rows.csv --name f --to "$(target t)" --segment-rows 100000 >said 2>&1 &
    run=$!
    # shellcheck disable=SC2016 # it is asked again and again
    soon eval '[[ $(sql "SELECT count(*) > 0 FROM t") == t ]]'
    hung=$(backends)
    # shellcheck disable=SC2086
    kill -STOP $hung
    sleep 1
    send INT $run
    sleep 1
    kill -0 $run # it waits for its checkpoint
    kill -INT $run
    soon eval "! kill -0 $run 2>/dev/null"
    wait $run || rc=$?
    # shellcheck disable=SC2086
    kill -CONT $hung
    equal $rc 5
    contains "$(<said)" "stopped without a checkpoint"
    headrace ingest rows.csv --name f --to "$(target t)" --segment-rows 100000 >said 2>&1
    contains "$(<said)" "read 3 000 000 = loaded 3 000 000 "
    equal "$(sql "SELECT count(*), count(DISTINCT id) FROM t")" "3000000|3000000"
}

# ---- what is said of them --------------------------------------------------------------------------------------------------

test_rejects_of_a_pull_have_no_line_and_the_job_says_where_its_source_stands() {
    local id
    sql "CREATE TABLE source (id int PRIMARY KEY, word text)" "CREATE TABLE t (id int, word varchar(3))" \
        "INSERT INTO source SELECT i, CASE WHEN i = 5 THEN 'long' ELSE 'x' END FROM generate_series(1, 10) i"
    ends 3 headrace ingest "$(target source)&watermark=id" --name f --to "$(target t)"
    id=$(job)
    equal "$(headrace errors "$id" | head -n 1)" "row 5, column 2 'word': E_SINK: value too long for type character varying(3) (SQLSTATE 22001)"
    equal "$(headrace errors "$id" | sed -n 2p)" "    value: long"
    contains "$(headrace errors "$id" --json)" '"row":5,"line":null,"offset":null,"at":null,"column":2,"column_name":"word","value":"long",'
    contains "$(headrace job "$id" | grep '^stands at')" "stands at   postgres:"
    contains "$(headrace job "$id" --json)" '"parts":[{"source":"postgres:'
}

test_lineage_of_rows_and_of_mended_ones() {
    sql "CREATE TABLE t (id int, _source text, _file text, _row bigint, _offset bigint, _ingested_at timestamptz, _key text)"
    rows id 1 two
    ends 3 headrace ingest rows.csv --name f --lineage --key id --to "$(target t)"
    echo 2 >mended.csv
    ends 0 headrace retry "$(job)" --rows mended.csv
    equal "$(sql "SELECT id, _source, regexp_replace(_file, '.*/', ''), _row, _offset, _ingested_at > now() - interval '1 minute', length(_key) FROM t ORDER BY id")" \
        "1|f|rows.csv|1|3|t|32"$'\n'"2|f|mended.csv|1|0|t|32"
    sql "CREATE TABLE plain (id int)"
    ends 1 headrace ingest rows.csv --name g --lineage --to "$(target plain)"
    contains "$err" 'has no column "_source"'
    equal "$(sql "SELECT count(*) FROM plain")" 0
}

test_refused_rows_count_for_max_errors() {
    some_bad 100
    ends 1 headrace ingest bad.csv --name f --max-errors 9 --to "$(target t)"
    contains "$err" "10 of 100 rows were rejected, more than option max-errors allows"
    equal "$(sql "SELECT count(*) FROM t")" 90
    ends 3 headrace ingest bad.csv --name g --max-errors 10 --to "$(target t)"
}

# As other rejects do, a refused row has the bytes and the newline that it had.
test_refused_rows_keep_their_encoding_and_newline() {
    local encoding
    for encoding in latin1 utf-16le; do
        sql "DROP TABLE IF EXISTS t" "CREATE TABLE t (id int, word varchar(5))"
        { [[ $encoding == latin1 ]] || printf '\377\376'; } >rows.csv
        printf 'id,word\r\n1,caf\303\251\r\n2,caf\303\251 au lait\r\n3,\303\240 la\r\n4,d\303\251j\303\240 bu\r\n' |
            iconv -f utf-8 -t $encoding >>rows.csv
        ends 3 headrace ingest rows.csv --name "f-$encoding" --to "$(target t)"
        headrace errors "$(job)" --csv >rejects.csv
        cmp rejects.csv <(printf '2,caf\303\251 au lait\r\n4,d\303\251j\303\240 bu\r\n' | iconv -f utf-8 -t $encoding)
        iconv -f $encoding -t utf-8 rejects.csv | sed 's/ au lait//; s/ bu//' | iconv -f utf-8 -t $encoding >mended.csv
        ends 0 headrace retry "$(job)" --rows mended.csv
        equal "$(sql "SELECT string_agg(word, '|' ORDER BY id) FROM t")" 'café|café|à la|déjà'
    done
}
