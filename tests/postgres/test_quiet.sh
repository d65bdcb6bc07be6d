# test_quiet.sh: what a server does without a word: values that it changes, rows that triggers keep back, commits that it
# rolls back.
# shellcheck shell=bash disable=SC2154

target() { echo "$(postgres_uri)?table=$1"; }
job() { headrace jobs --limit 1 | cut -f 1; }
rows() { printf '%s\n' "$@" >rows.csv; }

test_values_that_the_server_would_change_are_refused() {
    sql "CREATE TABLE t (n int, v varchar(3), d date, at timestamp, took interval(0), w name, c \"char\")"
    rows n,v,d,at,took,w,c "1,ab ,2024-01-01,2024-01-01 10:00,00:00:01,x,x" "2,ab  ,,,,," "3,,today,,,," "4,,,now,,," \
        "5,,,20240101T100000Z,,," "6,,20240101T100000,,,," "7,,,,00:00:01.6,," "8,,,,,$(printf 'x%.0s' {1..64})," "9,,,,,,xy"
    ends 3 headrace ingest rows.csv --name f --to "$(target t)"
    equal "$(sql "SELECT * FROM t")" "1|ab |2024-01-01|2024-01-01 10:00:00|00:00:01|x|x"
    equal "$(headrace errors "$(job)" --csv | cut -d , -f 1 | paste -sd ,)" "2,3,4,5,6,7,8,9"
}

test_intervals_and_times_without_colons_are_guarded() {
    sql "CREATE TABLE t (n int, i interval, d interval day, at timestamp, t time, day date)"
    rows n,i,d,at,t,day '1,1.000001 s,3 days,20260101 100000.123456,100000.123456,20260101' '2,1.00000049 s,,,,' '3,PT1.0000004S,,,,' '4,1.3 years,,,,' \
        '5,,1 day 5 hours,,,' '6,,,20260101 1000.1234567,,' '7,,,,100000.1234567,' '8,,,,,2026-01-01 1000' '9,,,,,J2461042.5' '10,1.5 years,1-2,,,' \
        '11,,,01.02.2026 10:00:00.1234567,,'
    ends 3 headrace ingest rows.csv --name f --to "$(target t)"
    equal "$(sql "SELECT n, i, d FROM t ORDER BY n")" $'1|00:00:01.000001|3 days\n10|1 year 6 mons|1 year 2 mons'
    equal "$(headrace errors "$(job)" --csv | cut -d , -f 1 | paste -sd ,)" "2,3,4,5,6,7,8,9,11"
}

test_what_is_no_number_is_named_by_the_server() {
    sql "CREATE TABLE t (n int, p numeric(10,2))"
    rows n,p '1,"1.234,56"' 2,1.255 3,1.25x 4,1.25 "5,1.25$(printf '0%.0s' {1..200})5" "6,1.25$(printf '0%.0s' {1..200})"
    ends 3 headrace ingest rows.csv --name f --to "$(target t)"
    headrace errors "$(job)" >listed
    contains "$(<listed)" 'invalid input syntax for type numeric: "1.234,56"'
    contains "$(<listed)" "'1.255' has more digits behind the point than the column"
    contains "$(<listed)" 'invalid input syntax for type numeric: "1.25x"'
    equal "$(sql "SELECT string_agg(n || ':' || p, ' ' ORDER BY n) FROM t")" "4:1.25 6:1.25"
}

test_members_of_arrays_money_and_domains_are_guarded() {
    sql "CREATE DOMAIN price AS numeric(10,2)" "CREATE DOMAIN net AS price" \
        "CREATE TABLE t (n int, p numeric(10,2)[], d date[], m money, dom net)"
    rows n,p,d,m,dom '1,"{1.25,NULL}","{2024-01-01}",1.25,1.25' '2,"{1.255}",,,' '3,,"{2024-01-01 10:00}",,' 4,,,1.255, 5,,,,1.255 \
        "6,,,\"\$1,234.5\","
    ends 3 headrace ingest rows.csv --name f --to "$(target t)"
    equal "$(headrace errors "$(job)" --csv | cut -d , -f 1 | paste -sd ,)" "2,3,4,5"
    equal "$(sql "SELECT n, p, d, dom FROM t WHERE n = 1")" "1|{1.25,NULL}|{2024-01-01}|1.25"
}

test_bounds_of_ranges_are_guarded() {
    sql "CREATE TABLE t (n int, d daterange, p tsrange)"
    rows n,d,p '1,"[2024-01-01,2024-02-01)","[2024-01-01 10:00,)"' '2,"[today,)",' '3,"[2024-01-01 10:00,)",' '4,,"[2024-01-01 10:00+02,)"'
    ends 3 headrace ingest rows.csv --name f --to "$(target t)"
    equal "$(headrace errors "$(job)" --csv | cut -d , -f 1 | paste -sd ,)" "2,3,4"
}

test_rows_that_a_trigger_keeps_back_are_told() {
    sql "CREATE TABLE t (n int)" \
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.n % 2 = 0 THEN RETURN NULL; END IF; RETURN NEW; END'" \
        "CREATE TRIGGER odd BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION odd()"
    rows n {1..99} x
    ends 3 headrace ingest rows.csv --header yes --name f --to "$(target t)"
    contains "$err" 'RowsKeptBack {"table":"\"public\".\"t\"","rows":49,"of":99}'
    equal "$(sql "SELECT count(*) FROM t")" 50
}

test_a_deferred_constraint_that_a_trigger_breaks_costs_its_row() {
    sql "CREATE TABLE half (n int UNIQUE DEFERRABLE INITIALLY DEFERRED)" "CREATE TABLE t (n int)" \
        "CREATE FUNCTION note() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO half VALUES (NEW.n / 2); RETURN NEW; END'" \
        "CREATE TRIGGER note BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION note()"
    rows n 1 2 3 4
    ends 3 headrace ingest rows.csv --header yes --name f --to "$(target t)"
    equal "$(sql "SELECT string_agg(n::text, ',' ORDER BY n) FROM t")" 1,2,4
}

test_a_commit_that_was_cut_and_rolled_back_costs_a_delay() {
    sql "CREATE SEQUENCE once" "CREATE TABLE u (n int)" \
        "CREATE FUNCTION ends() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF nextval(''once'') = 1 THEN PERFORM pg_terminate_backend(pg_backend_pid()); END IF; RETURN NULL; END'" \
        "CREATE CONSTRAINT TRIGGER ends AFTER INSERT ON u DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION ends()" \
        "CREATE FUNCTION note() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO u VALUES (1) RETURNING n'" \
        "CREATE TABLE t (n int, noted int DEFAULT note())"
    rows n 1 2 3 4
    ends 0 headrace ingest rows.csv --header yes --name f --to "$(target t)"
    contains "$err" Reconnecting
    equal "$(sql "SELECT count(*), sum(n) FROM t")" "4|10"
}

test_nulls_that_an_index_takes_for_equal_are_merged() {
    (($(sql "SHOW server_version_num") >= 150000)) || return 0
    sql "CREATE TABLE t (k int UNIQUE NULLS NOT DISTINCT, n int)"
    rows k,n ,1 ,2 3,3
    ends 0 headrace ingest rows.csv --name f --to "$(target t)&mode=merge"
    contains "$out" "loaded 2 + duplicate 1"
    equal "$(sql "SELECT string_agg(n::text, ',' ORDER BY n) FROM t")" 2,3
}

test_a_query_cannot_end_the_transaction_that_may_only_read() {
    sql "CREATE TABLE t (n int)" "INSERT INTO t VALUES (1)"
    ends 2 headrace ingest "$(postgres_uri)?query=SELECT 1 AS n) AS q; COMMIT; DROP TABLE t; SELECT * FROM (SELECT 2 AS n" --name f --to zone/
    contains "$err" "multiple commands"
    equal "$(sql "SELECT n FROM t")" 1
}

test_a_table_too_wide_for_the_temporary_one_is_told() {
    awk 'BEGIN { for (i = 1; i < 1600; i++) printf "c%d,", i; print "c1600"; for (i = 1; i < 1600; i++) printf "1,"; print 1 }' >rows.csv
    ends 2 headrace ingest rows.csv --name f --header yes --to "$(target t)&mode=merge&key=c1"
    contains "$err" "tables can have at most 1600 columns"
}
