# test_keys.sh: what tells rows apart, in the destination and at the source, and columns whose names collide.
# limit: 60
# shellcheck shell=bash disable=SC2154

at() { echo "postgres://$PGUSER@$PGHOST:$PGPORT/$PGDATABASE?table=$1"; }

test_texts_that_an_index_takes_for_equal_are_one_key() {
    local mode
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
        [[ $mode == merge ]] && equal "$(sql "SELECT v FROM u ORDER BY v")" $'4\n5' || equal "$(sql "SELECT v FROM u ORDER BY v")" $'0\n5'
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
