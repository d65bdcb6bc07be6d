# test_keys.sh: what tells rows apart, in the destination and at the source, and columns whose names collide.
# limit: 60
# shellcheck shell=bash disable=SC2154

at() { echo "postgres://$PGUSER@$PGHOST:$PGPORT/$PGDATABASE?table=$1"; }

test_texts_that_an_index_takes_for_equal_are_one_key() {
    local mode wanted
    printf 'k,v\nAbc,1\nabc,2\nx,3\nABC,4\nX,5\n' >rows.csv
    sql "CREATE COLLATION nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)"
    for mode in merge insert-ignore; do
        # The collation of the column, or of the index alone.
        sql "DROP TABLE IF EXISTS t, u" "CREATE TABLE t (k text COLLATE nocase PRIMARY KEY, v int)" \
            "CREATE TABLE u (k text, v int)" "CREATE UNIQUE INDEX ON u (k COLLATE nocase)" "INSERT INTO u VALUES ('aBC', 0)" 2>/dev/null
        ends 0 headrace ingest rows.csv --name "t-$mode" --to "$(at t)&mode=$mode"
        contains "$out" "loaded 2 + duplicate 3"
        equal "$(sql "SELECT v FROM t ORDER BY v")" $'4\n5'
        ends 0 headrace ingest rows.csv --name "u-$mode" --to "$(at u)&mode=$mode&key=k"
        if [[ $mode == merge ]]; then wanted=$'4\n5'; else wanted=$'0\n5'; fi
        equal "$(sql "SELECT v FROM u ORDER BY v")" "$wanted"
    done
}

test_a_key_that_the_input_lacks_is_named() {
    printf 'name\na\n' >rows.csv
    sql "CREATE TABLE t (id bigserial PRIMARY KEY, name text)" "CREATE TABLE d (name text UNIQUE DEFERRABLE)"
    ends 2 headrace ingest rows.csv --header yes --to "$(at t)&mode=merge"
    contains "$err" 'told apart by the column "id", which the input does not have'
    ends 2 headrace ingest rows.csv --header yes --name d --to "$(at d)&mode=merge&key=name"
    contains "$err" "one that is partial, deferrable or of expressions finds none"
}

test_names_that_collide_are_told() {
    printf 'id,v\n1,a\n' >rows.csv
    sql "CREATE TABLE t (id int PRIMARY KEY, v text)" "CREATE TABLE o (headrace_ordinal int PRIMARY KEY)"
    ends 2 headrace ingest rows.csv --hash sha256 --key id --to "$(at t)&key-column=v"
    contains "$err" 'both go to the column "v"'
    ends 2 headrace ingest rows.csv --name new --hash sha256 --key id --to "$(at new)&key-column=v"
    contains "$err" 'two columns of the new table would be named "v"'
    printf 'ctid\n1\n' >rows.csv
    ends 2 headrace ingest rows.csv --header yes --name system --to "$(at system)"
    contains "$err" "PostgreSQL keeps for itself"
    printf 'headrace_ordinal\n1\n' >rows.csv
    ends 2 headrace ingest rows.csv --header yes --name o --to "$(at o)&mode=merge"
    contains "$err" "rename the column"
}

# A run that ends in the middle and goes on behind the last record that was committed: what is equal to it by the key is
# behind it, too.
goes_on_exactly() { # TABLE EXPECTED
    sql "CREATE TABLE copied (LIKE $1)" "CREATE FUNCTION stop() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        RAISE 'no more' USING ERRCODE = '58000'; END \$\$" \
        "CREATE TRIGGER stop BEFORE INSERT ON copied FOR EACH ROW WHEN (NEW.id::text > '06') EXECUTE FUNCTION stop()"
    ends 1 headrace ingest "$(at "$1")&key=id" --segment-rows 1000 --to "$(at copied)"
    sql "DROP TRIGGER stop ON copied"
    ends 0 headrace ingest "$(at "$1")&key=id" --segment-rows 1000 --to "$(at copied)"
    equal "$(sql "SELECT count(*) FROM copied")" "$2"
}

test_rows_with_one_key_in_tables_that_inherit_are_all_read() {
    local child
    sql "CREATE TABLE parent (id char(6) PRIMARY KEY)" "INSERT INTO parent SELECT to_char(generate_series(1, 99999, 16), 'FM000000')"
    for child in {1..6}; do
        sql "CREATE TABLE child_$child () INHERITS (parent)" "INSERT INTO child_$child SELECT * FROM ONLY parent"
    done
    goes_on_exactly parent 43750
}

test_texts_that_only_the_index_tells_apart_are_all_read() {
    sql "CREATE COLLATION plain (provider = icu, locale = 'und-u-ks-level1', deterministic = false)" \
        "CREATE TABLE words (id text COLLATE plain NOT NULL)" "CREATE UNIQUE INDEX ON words (id COLLATE \"C\")" \
        "INSERT INTO words SELECT to_char(n, 'FM000000') || v FROM regexp_split_to_table('aáàâAÁÀ', '') v, generate_series(1, 99999, 16) n"
    goes_on_exactly words 43750
}

test_watermarks_of_any_type_with_an_order() {
    sql "CREATE TABLE u (id int, w uuid)" "INSERT INTO u SELECT g, ('00000000-0000-7000-8000-00000000000' || g)::uuid FROM generate_series(1, 3) g" \
        "CREATE TABLE n (id int, w numeric)" "INSERT INTO n VALUES (1, 1), (2, 'NaN')" \
        "CREATE TABLE s (id int, w smallint)" "INSERT INTO s VALUES (1, -32700)" "CREATE TABLE j (id int, w json)"
    ends 0 headrace ingest "$(at u)&watermark=w&key=id" --to zone
    contains "$out" "read 3 "
    contains "$err" PullMayMiss
    sql "INSERT INTO u VALUES (4, '00000000-0000-7000-8000-000000000009')"
    ends 0 headrace ingest "$(at u)&watermark=w&key=id" --to zone
    contains "$out" "loaded 1 "
    # Nothing comes above a NaN, and all further runs would be empty without a word.
    ends 2 headrace ingest "$(at n)&watermark=w&key=id" --to zone
    contains "$err" 'the watermark "w" is NaN in a record'
    sql "DELETE FROM n WHERE w = 'NaN'"
    ends 0 headrace ingest "$(at n)&watermark=w&key=id" --to zone
    # The lookback ends at the least number of the type.
    ends 0 headrace ingest "$(at s)&watermark=w&key=id" --to zone
    sql "INSERT INTO s VALUES (2, -32699)"
    ends 0 headrace ingest "$(at s)&watermark=w&key=id" --to zone
    contains "$out" "loaded 1 + duplicate 1"
    ends 2 headrace ingest "$(at j)&watermark=w&key=id" --to zone
    contains "$err" "values of type json have no order"
}
