# test_altered.sh: tables that somebody alters, drops or makes anew, while rows are loaded or read, and in between.
# shellcheck shell=bash disable=SC2154

drive() { timeout 200 "$TOOLS/sink_drive" "$@"; }
target() { echo "$(postgres_uri)?table=$1"; }
numbered() { # COUNT: id,n lines, with fractions
    awk -v n="$1" 'BEGIN { print "id,n"; for (i = 0; i < n; i++) print i "," i ".125" }' >rows.csv
}

# drive_until_paused ARGUMENT...: a load that stands between two segments; go_on ends its pause: `rc` and `said`.
drive_until_paused() {
    mkfifo go
    exec 7<>go
    : >said # that of the load before also says "paused"
    drive rows.csv "$@" segment=20000 pause=published:1 <go >said 2>&1 &
    job=$!
    soon grep -q paused said
}
go_on() {
    rc=0
    echo go >&7
    wait "$job" || rc=$?
    rm go
}

test_a_column_that_gets_another_type_meanwhile_is_looked_at_again() {
    local mode
    numbered 100000
    for mode in append merge; do
        sql "CREATE TABLE t_$mode (id int PRIMARY KEY, n numeric)"
        drive_until_paused "$(target t_$mode)&mode=$mode" feed=$mode
        sql "ALTER TABLE t_$mode ALTER n TYPE numeric(10,2)"
        go_on
        equal "$rc" 4
        contains "$(<said)" "HR_E_CHANGED (retryable): table \"public\".\"t_$mode\" was altered while rows were loaded"
        landed=$(sql "SELECT count(*) FROM t_$mode")
        # From now on digits that would be rounded away are refused.
        ends 3 drive rows.csv "$(target t_$mode)&mode=$mode" feed=$mode segment=20000 quiet=yes
        contains "$out" "loaded 0 refused $((100000 - landed))"
        equal "$(sql "SELECT count(*) FROM t_$mode")" "$landed"
    done
}

test_a_column_that_must_have_a_value_is_missed_at_once_in_the_middle_too() {
    numbered 100000
    sql "CREATE TABLE t (id int PRIMARY KEY, n numeric)"
    drive_until_paused "$(target t)" segment=3000
    sql "ALTER TABLE t ADD m int NOT NULL DEFAULT 1" "ALTER TABLE t ALTER m DROP DEFAULT"
    go_on
    equal "$rc" 4
    contains "$(<said)" "was altered while rows were loaded"
    ends 1 drive rows.csv "$(target t)"
    contains "$out" 'the column "m" of table "public"."t" must have a value, and the input has no such column'
}

test_a_table_that_is_altered_all_the_time_is_loaded_exactly() {
    numbered 400000
    sql "CREATE TABLE t (id int PRIMARY KEY, n numeric)"
    {
        i=0
        while [[ ! -e stop ]]; do
            sql "ALTER TABLE t ADD extra$((i += 1)) int" "ALTER TABLE t DROP extra$i" >/dev/null
            sleep 0.1
        done
    } &
    local storm=$! rc=0
    headrace ingest rows.csv --writers 2 --segment-rows 20000 --to "$(target t)" >said 2>&1 || rc=$?
    touch stop
    wait "$storm"
    equal "$rc" 0 "$(tail -n 3 said)"
    equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n) FROM t")" "400000|400000|$((399999 * 200000 + 50000)).000"
}

test_a_table_that_is_made_anew_meanwhile_is_told() {
    numbered 100000
    sql "CREATE TABLE t (id int, n numeric)"
    drive_until_paused "$(target t)"
    sql "DROP TABLE t" "CREATE TABLE t (id int, n numeric)"
    go_on
    equal "$rc" 1
    contains "$(<said)" "is another one than when the load began"
    equal "$(sql "SELECT count(*) FROM t")" 0
}

test_a_table_that_is_gone_when_a_job_goes_on_is_told() {
    numbered 100000
    sql "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF NEW.id > 50000 THEN RAISE EXCEPTION 'no' USING ERRCODE = '57014'; END IF; RETURN NEW; END \$\$" \
        "CREATE TABLE t (id int, n numeric)" "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fail()"
    ends 1 headrace ingest rows.csv --segment-rows 10000 --to "$(target t)"
    landed=$(sql "SELECT count(*) FROM t")
    sql "DROP TABLE t"
    ends 0 headrace ingest rows.csv --segment-rows 10000 --to "$(target t)"
    contains "$err" "TableMadeAnew"
    contains "$err" "\"landed\":$landed}"
    equal "$(sql "SELECT count(*) FROM t")" "$((100000 - landed))"
    # Another input is no reason to tell.
    sed -n 1,10p rows.csv >other.csv
    sql "DROP TABLE t"
    ends 0 headrace ingest other.csv --to "$(target t)"
    [[ $err != *TableMadeAnew* ]]
}

test_what_was_altered_is_not_lost_by_a_replacement() {
    local change fresh
    numbered 100000
    for change in "ALTER TABLE @ ADD more int DEFAULT 7" "CREATE INDEX ON @ (n)" "ALTER TABLE @ ADD CHECK (id > -7)" \
        "ALTER TABLE @ ALTER n SET DEFAULT 5" "ALTER TABLE @ ALTER n TYPE float8"; do
        sql "DROP TABLE IF EXISTS t" "CREATE TABLE t (id int PRIMARY KEY, n numeric, s serial, CHECK (n < 1000000))" \
            "ALTER TABLE t ADD CHECK (id > -5) NOT VALID" "CREATE INDEX ON t (s) WHERE n > 0" "INSERT INTO t VALUES (-1, 1)" 2>/dev/null
        drive_until_paused "$(target t)&mode=replace" feed="$change"
        sql "${change/@/t}"
        go_on
        equal "$rc" 1 "$change: $(<said)"
        contains "$(<said)" "was altered while the new one was loaded"
        equal "$(sql "SELECT count(*) FROM t")" 1
        fresh=$(sql "SELECT relname FROM pg_class WHERE relname LIKE 'headrace_%' AND relkind = 'r'")
        sql "${change/@/\"$fresh\"}"
        drive rows.csv "$(target t)&mode=replace" feed="$change" segment=20000 >/dev/null
        equal "$(sql "SELECT count(*) FROM t")" 100000
    done
}

# ---- reading ---------------------------------------------------------------------------------------------------------------

pull() { headrace ingest "$(target t)&watermark=at&lag=10ms" --to zone --compress none >pull.log 2>&1; }
insert() { # FROM TO COLUMNS VALUES
    sql "INSERT INTO t (id$3) SELECT i$4 FROM generate_series($1, $2) i"
    sleep 0.1
}

test_a_pull_says_that_its_table_was_altered_since() {
    sql "CREATE TABLE t (id int PRIMARY KEY, a text, b int, at timestamptz DEFAULT now())" "CREATE INDEX ON t (at, id)"
    insert 1 100 ,a,b ",'a',i"
    pull
    [[ $(<pull.log) != *Table* ]]
    insert 101 110 ,a,b ",'a',i"
    pull
    [[ $(<pull.log) != *Table* ]]
    sql "ALTER TABLE t ALTER b TYPE numeric USING b / 2.0"
    insert 111 120 ,a,b ",'a',i"
    pull
    contains "$(<pull.log)" 'TableAltered {"says": "columns, or their types, are not those of the last run", "what": "id integer, a text, b numeric,'
    sql "ALTER TABLE t RENAME b TO c" "ALTER TABLE t DROP a" "ALTER TABLE t ADD d int"
    insert 121 130 ,c,d ",i,i"
    pull
    contains "$(<pull.log)" "TableAltered"
    contains "$(<pull.log)" '"removed":["a","b"],"added":["c","d"]'
    sql "DROP TABLE t" "CREATE TABLE t (id int PRIMARY KEY, c numeric, at timestamptz DEFAULT now(), d int)"
    insert 1 10 ,c,d ",i,i"
    pull
    contains "$(<pull.log)" "TableMadeAnew"
    # Every row stands under its own names.
    local file all=''
    while IFS= read -r file; do all+="$(head -n 1 "$file"):$(($(wc -l <"$file") - 1)) "; done < <(find zone -name '*.csv' | sort)
    equal "$all" "id,a,b,at:100 id,a,b,at:10 id,a,b,at:10 id,c,at,d:10 id,c,at,d:10 "
}

test_a_pull_that_goes_on_reads_the_columns_that_are_there_now() {
    sql "CREATE TABLE t (id int PRIMARY KEY, a text, b text)" "INSERT INTO t SELECT i, 'a' || i, 'b' || i FROM generate_series(1, 2000000) i"
    headrace ingest "$(target t)&key=id" --to zone --compress none --segment-rows 10000 >said 2>&1 &
    local job=$!
    landed_some() { [[ $(find zone -name '*.csv' 2>/dev/null | wc -l) -ge 2 ]]; }
    soon landed_some
    kill -INT $job
    wait $job || :
    contains "$(<said)" "stopped at a checkpoint"
    sql "ALTER TABLE t DROP a"
    ends 0 headrace ingest "$(target t)&key=id" --to zone --compress none
    contains "$err" "TableAltered"
    equal "$(find zone -name '*.csv' -exec cat {} + | awk -F , '/^id,/ { n = NF; next } NF != n || $NF != "b" $1 { bad++ } { rows++ } END { print rows, bad + 0 }')" "2000000 0"
}
