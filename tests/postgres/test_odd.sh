# test_odd.sh: roles, tables, databases and servers that are set up as few are.
# shellcheck shell=bash disable=SC2154

at() { echo "postgres://${2:-$PGUSER}@$PGHOST:$PGPORT/${3:-$PGDATABASE}?table=$1"; }
rows() { printf '%s\n' "$@" >rows.csv; }
make_role() { # SETTING...
    role=r_${UNIQUE:0:20}
    local setting
    sql "DROP ROLE IF EXISTS $role" "CREATE ROLE $role LOGIN SUPERUSER PASSWORD 'x'"
    for setting in "$@"; do sql "ALTER ROLE $role SET $setting"; done
}
drop_role() { sql "REASSIGN OWNED BY $role TO postgres" "DROP OWNED BY $role" "DROP ROLE $role"; }

test_what_a_role_has_set_changes_no_value() {
    local mode expected
    make_role "default_transaction_isolation = 'serializable'" "standard_conforming_strings = off" "datestyle = 'German'" \
        "timezone = 'Asia/Kolkata'" "quote_all_identifiers = on" "extra_float_digits = -15" "bytea_output = escape" \
        "client_min_messages = debug5" "backslash_quote = off" "lc_monetary = 'C'" "synchronous_commit = off"
    rows id,n,f,at,took,d,b '1,a\b,0.1,2024-01-02 03:04:05+00,1 day 02:00:00,2024-02-03,\x41'
    expected='1|a\b|0.1|2024-01-02 03:04:05+00|1 day 02:00:00|2024-02-03|\x41'
    for mode in append merge replace; do
        sql "DROP TABLE IF EXISTS t" "CREATE TABLE t (id int PRIMARY KEY, n text, f float8, at timestamptz, took interval, d date, b bytea)" \
            "CREATE INDEX ON t (n) WHERE n > 'a\\b'" 2>/dev/null
        ends 0 headrace ingest rows.csv --name "$mode" --mode $mode --to "$(at t "$role:x")"
        equal "$(sql "TABLE t")" "$expected" "$mode"
    done
    ends 0 headrace ingest "$(at t "$role:x")&watermark=at&key=id" --to zone --compress none
    equal "$(find zone -name '*.csv' -exec tail -n 1 {} +)" "${expected//|/,}"
    drop_role
}

test_a_user_who_may_only_read_is_told() {
    make_role "default_transaction_read_only = on"
    rows id 1
    ends 5 headrace ingest rows.csv --reconnect 0 --to "$(at t "$role:x")"
    contains "$err" "default_transaction_read_only is off"
    standby_follows
    PGPORT=$STANDBY_PORT ends 5 headrace ingest rows.csv --reconnect 0 --to "postgres://$PGUSER@$PGHOST:$STANDBY_PORT/$PGDATABASE?table=t"
    contains "$err" "rows can be written to a primary alone"
    drop_role
}

test_whatever_a_trigger_raises_costs_the_row() {
    rows id {1..50}
    sql "CREATE TABLE t (id int)" "CREATE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF NEW.id % 10 = 1 THEN RAISE insufficient_privilege USING MESSAGE = 'not yours'; END IF;
        IF NEW.id % 10 = 2 THEN RAISE feature_not_supported; END IF;
        IF NEW.id % 10 = 3 THEN RAISE 'why not'; END IF; RETURN NEW; END \$\$" \
        "CREATE TRIGGER no BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION no()"
    ends 3 headrace ingest rows.csv --header yes --to "$(at t)"
    contains "$out" "loaded 35 + duplicate 0 + rejected 15"
    # What the trigger itself is not allowed to do is no row's fault.
    sql "CREATE OR REPLACE FUNCTION no() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN PERFORM * FROM nowhere; RETURN NEW; END \$\$"
    ends 1 headrace ingest rows.csv --name two --header yes --to "$(at t)"
    contains "$err" 'relation "nowhere" does not exist'
}

test_rows_without_a_partition_and_foreign_tables() {
    rows id,n 1,a 2,b 3,c
    sql "CREATE TABLE p (id int, n text) PARTITION BY RANGE (id)" "CREATE TABLE p1 PARTITION OF p FOR VALUES FROM (1) TO (3)" \
        "CREATE EXTENSION postgres_fdw" "CREATE TABLE far (id int PRIMARY KEY, n text)" \
        "CREATE SERVER self FOREIGN DATA WRAPPER postgres_fdw OPTIONS (host '$PG_SOCKETS', port '$PGPORT', dbname '$PGDATABASE')" \
        "CREATE USER MAPPING FOR postgres SERVER self OPTIONS (user 'postgres', password '$(cut -d : -f 5 "$PGPASSFILE" | head -n 1)')" \
        "CREATE FOREIGN TABLE f (id int, n text) SERVER self OPTIONS (table_name 'far')"
    ends 3 headrace ingest rows.csv --name p --to "$(at p)"
    contains "$out" "loaded 2 + duplicate 0 + rejected 1"
    ends 0 headrace ingest rows.csv --name f --to "$(at f)"
    equal "$(sql "SELECT count(*) FROM far")" 3
    rows id,n 3,d 4,e
    ends 3 headrace ingest rows.csv --name g --to "$(at f)"
    equal "$(sql "SELECT string_agg(id || n, ',' ORDER BY id) FROM far")" "1a,2b,3c,4e"
    ends 0 headrace ingest "$(at f)" --name h --to zone
    contains "$out" "loaded 4"
}

test_letters_that_a_database_does_not_have_are_refused() {
    local name=${UNIQUE:0:30}_latin
    sql "CREATE DATABASE \"$name\" ENCODING LATIN1 LOCALE 'C' TEMPLATE template0"
    rows id,n 1,é 2,€ 3,日本 4,ok
    ends 3 headrace ingest rows.csv --name append --to "$(at t "$PGUSER" "$name")"
    contains "$out" "loaded 2 + duplicate 0 + rejected 2"
    ends 3 headrace ingest rows.csv --name merge --mode merge --to "$(at m "$PGUSER" "$name")&key=id"
    contains "$out" "loaded 2 + duplicate 0 + rejected 2"
    ends 0 headrace ingest "$(at t "$PGUSER" "$name")" --to zone --compress none
    equal "$(find zone -name '*.csv' -exec cat {} +)" $'id,n\n1,é\n4,ok'
    sql "DROP DATABASE \"$name\" WITH (FORCE)"
}

test_columns_that_cannot_be_told_apart_or_take_no_values_are_named() {
    rows id,n 1,a
    ends 2 headrace ingest "$(at t | sed 's/table=.*//')query=SELECT%201%20AS%20a,%202,%203%20AS%20a" --to zone
    contains "$err" 'columns 1 and 3 of what is to be read are both named "a"'
    sql "CREATE TABLE t (id int GENERATED ALWAYS AS IDENTITY, n text)"
    ends 2 headrace ingest rows.csv --to "$(at t)"
    contains "$err" 'the column "id" of table "public"."t" is generated always and takes no values: take it out of the input'
    headrace select n rows.csv >taken.csv
    ends 0 headrace ingest taken.csv --to "$(at t)"
    equal "$(sql "TABLE t")" "1|a"
}

# The standby that has to acknowledge every commit never does.
test_commits_that_wait_for_a_standby_and_are_ended() {
    local act
    awk 'BEGIN { print "id"; for (i = 0; i < 60000; i++) print i }' >rows.csv
    sql "CREATE TABLE t (id int)"
    ends 0 headrace ingest rows.csv --name first --to "$(at first)"
    psql -XAtq -c "ALTER SYSTEM SET synchronous_standby_names = 'nobody'" -c "SELECT pg_reload_conf()" >/dev/null
    at_end psql -XAtq -c "ALTER SYSTEM RESET synchronous_standby_names" -c "SELECT pg_reload_conf()"
    for act in pg_cancel_backend pg_terminate_backend; do
        {
            while [[ ! -e stop ]]; do
                psql -XAtq -c "SELECT $act(pid) FROM pg_stat_activity WHERE datname = current_database() AND wait_event = 'SyncRep'" >/dev/null
                sleep 0.1
            done
        } &
        local ender=$! rc=0
        headrace ingest rows.csv --name $act --segment-rows 20000 --to "$(at t)" >said 2>&1 || rc=$?
        touch stop
        wait "$ender"
        rm stop
        equal "$rc" 0 "$act: $(<said)"
        equal "$(sql "SELECT count(*), count(DISTINCT id) FROM t")" "60000|60000" "$act"
        sql "SET synchronous_commit = off; TRUNCATE t"
    done
}
