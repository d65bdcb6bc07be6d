# test_limits.sh: what servers allow: time for statements and locks, connections, room on their disks.
# shellcheck shell=bash disable=SC2154

at() { echo "postgres://${2:-$PGUSER}@$PGHOST:$PGPORT/$PGDATABASE?table=$1"; }
numbered() { # COUNT: id,n lines
    awk -v n="$1" 'BEGIN { print "id,n"; for (i = 0; i < n; i++) print i "," i }' >rows.csv
}
exact() { equal "$(sql "SELECT count(*), count(DISTINCT id) FROM $1")" "$2|$2"; }

# A role named by the test, for which `drop_role` must be called at the end.
make_role() { # ATTRIBUTES
    role=r_${UNIQUE:0:20}
    sql "DROP ROLE IF EXISTS $role" "CREATE ROLE $role LOGIN PASSWORD 'x' $1" \
        "GRANT ALL ON DATABASE \"$PGDATABASE\" TO $role" "GRANT ALL ON SCHEMA public TO $role"
}
drop_role() { sql "DROP OWNED BY $role" "DROP ROLE $role"; }

# Every row takes a while.
make_slow() { # TABLE
    sql "CREATE TABLE $1 (id int, n int)" "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        PERFORM sqrt(x) FROM generate_series(1, 60) x; RETURN NEW; END \$\$" \
        "CREATE TRIGGER slow BEFORE INSERT ON $1 FOR EACH ROW EXECUTE FUNCTION slowly()"
}

# ---- time ----------------------------------------------------------------------------------------------------------------

test_limits_of_a_role_end_no_load_that_is_merely_long() {
    make_role SUPERUSER
    sql "ALTER ROLE $role SET statement_timeout = '100ms'" "ALTER ROLE $role SET idle_in_transaction_session_timeout = '50ms'" \
        "ALTER ROLE $role SET idle_session_timeout = '50ms'"
    make_slow t
    numbered 50000
    headrace ingest rows.csv --to "$(at t "$role:x")"
    exact t 50000
    sql "CREATE VIEW slow AS SELECT id, pg_sleep(0.01)::text AS slept FROM generate_series(1, 40) AS id"
    ends 0 headrace ingest "$(at slow "$role:x")" --to zone
    contains "$out" "loaded 40"
    drop_role
}

test_a_statement_that_takes_too_long_is_named_with_its_option() {
    make_slow t
    numbered 50000
    ends 1 headrace ingest rows.csv --to "$(at t)&statement-timeout=100ms"
    contains "$err" "canceling statement due to statement timeout"
    contains "$err" 'the statement was "BEGIN; COPY "public"."t"'
    contains "$err" "option statement-timeout"
    # By libpq's own options.
    ends 1 headrace ingest rows.csv --to "$(at t)&options=-c%20statement_timeout%3D100ms"
    contains "$err" "canceling statement due to statement timeout"
    PGOPTIONS='--statement-timeout=100ms' ends 1 headrace ingest rows.csv --to "$(at t)"
    contains "$err" "canceling statement due to statement timeout"
    equal "$(sql "SELECT count(*) FROM t")" 0
    ends 0 headrace ingest rows.csv --to "$(at t)"
    exact t 50000
}

holds_lock() { [[ $(sql "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = '$1'::regclass") == 1 ]]; }
lock_for() { # TABLE SECONDS
    psql -XAtq -c "BEGIN" -c "LOCK TABLE $1 IN ACCESS EXCLUSIVE MODE" -c "SELECT pg_sleep($2)" -c "COMMIT" >/dev/null &
    within 10 holds_lock "$1"
}

test_a_lock_that_is_not_had_in_time_is_waited_for_again() {
    sql "CREATE TABLE t (id int, n int)"
    numbered 1000
    lock_for t 0.8
    ends 0 headrace ingest rows.csv --to "$(at t)&lock-timeout=100ms"
    contains "$err" Reconnecting
    contains "$err" "option lock-timeout"
    exact t 1000
    # The table of positions.
    lock_for headrace.checkpoint 0.8
    ends 0 headrace ingest rows.csv --name two --to "$(at t2)&lock-timeout=100ms"
    contains "$err" Reconnecting
    exact t2 1000
    # A limit of the role is no reason to fail either.
    make_role SUPERUSER
    sql "ALTER ROLE $role SET lock_timeout = '100ms'"
    lock_for t 0.8
    ends 0 headrace ingest rows.csv --name three --to "$(at t "$role:x")"
    contains "$err" Reconnecting
    lock_for t 3
    ends 5 headrace ingest rows.csv --name four --reconnect 500ms --to "$(at t "$role:x")"
    contains "$err$out" "the lock_timeout of role and database"
    exact "(SELECT DISTINCT id FROM t) AS d" 1000
    wait
    drop_role
}

test_a_pull_waits_for_a_lock_again() {
    sql "CREATE TABLE t (id int, n int)" "INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n"
    lock_for t 0.8
    ends 0 headrace ingest "$(at t)&lock-timeout=100ms" --to zone
    contains "$err" Reconnecting
    contains "$out" "loaded 1 000"
}
