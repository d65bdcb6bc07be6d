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

# Every row takes a while, and row 0 longer than any limit of these tests.
make_slow() { # TABLE
    sql "CREATE TABLE $1 (id int, n int)" "CREATE FUNCTION slowly() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF NEW.id = 0 THEN PERFORM pg_sleep(2.5); END IF;
        PERFORM sqrt(x) FROM generate_series(1, 60) x; RETURN NEW; END \$\$" \
        "CREATE TRIGGER slow BEFORE INSERT ON $1 FOR EACH ROW EXECUTE FUNCTION slowly()"
}

# ---- time ----------------------------------------------------------------------------------------------------------------

test_limits_of_a_role_end_no_load_that_is_merely_long() {
    make_role SUPERUSER
    # Long enough to say that they are not to count.
    sql "ALTER ROLE $role SET statement_timeout = '1500ms'" "ALTER ROLE $role SET idle_in_transaction_session_timeout = '1500ms'" \
        "ALTER ROLE $role SET idle_session_timeout = '1500ms'"
    make_slow t
    numbered 50000
    headrace ingest rows.csv --to "$(at t "$role:x")"
    exact t 50000
    sql "CREATE VIEW slow AS SELECT id, pg_sleep(0.06)::text AS slept FROM generate_series(1, 40) AS id"
    ends 0 headrace ingest "$(at slow "$role:x")" --to zone
    contains "$out" "loaded 40"
    drop_role
}

test_a_statement_that_takes_too_long_is_named_with_its_option() {
    make_slow t
    numbered 50000
    ends 1 headrace ingest rows.csv --to "$(at t)&statement-timeout=500ms"
    contains "$err" "canceling statement due to statement timeout"
    contains "$err" 'the statement was "BEGIN; COPY "public"."t"'
    contains "$err" "option statement-timeout"
    # By libpq's own options.
    ends 1 headrace ingest rows.csv --to "$(at t)&options=-c%20statement_timeout%3D500ms"
    contains "$err" "canceling statement due to statement timeout"
    PGOPTIONS='--statement-timeout=500ms' ends 1 headrace ingest rows.csv --to "$(at t)"
    contains "$err" "canceling statement due to statement timeout"
    equal "$(sql "SELECT count(*) FROM t")" 0
    ends 0 headrace ingest rows.csv --to "$(at t)"
    exact t 50000
}

holds_lock() { [[ $(sql "SELECT count(*) FROM pg_locks WHERE mode = 'AccessExclusiveLock' AND granted AND relation = '$1'::regclass") == 1 ]]; }
lock() { # TABLE
    psql -XAtq -c "BEGIN" -c "LOCK TABLE $1 IN ACCESS EXCLUSIVE MODE" -c "SELECT pg_sleep(1000)" >/dev/null 2>&1 &
    locker=$!
    soon holds_lock "$1"
}
unlock() {
    sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'SELECT pg_sleep%'" >/dev/null
    wait "$locker" || :
}
# waits_for TABLE COMMAND...: the command tries again as long as the table is locked, and succeeds then.
waits_for() {
    local rc=0
    lock "$1"
    shift
    "$@" >said 2>&1 &
    local job=$!
    soon grep -q 'Reconnecting.*option lock-timeout' said
    unlock
    wait "$job" || rc=$?
    equal "$rc" 0 "$(<said)"
}

test_a_lock_that_is_not_had_in_time_is_waited_for_again() {
    sql "CREATE TABLE t (id int, n int)"
    numbered 1000
    waits_for t headrace ingest rows.csv --to "$(at t)&lock-timeout=100ms"
    exact t 1000
    # The table of positions.
    waits_for headrace.checkpoint headrace ingest rows.csv --name two --to "$(at t2)&lock-timeout=100ms"
    exact t2 1000
    # A limit of the role is no reason to fail either.
    make_role SUPERUSER
    sql "ALTER ROLE $role SET lock_timeout = '100ms'"
    waits_for t headrace ingest rows.csv --name three --to "$(at t "$role:x")"
    lock t
    ends 5 headrace ingest rows.csv --name four --reconnect 500ms --to "$(at t "$role:x")"
    contains "$err$out" "the lock_timeout of role and database"
    unlock
    exact "(SELECT DISTINCT id FROM t) AS d" 1000
    drop_role
}

test_a_pull_waits_for_a_lock_again() {
    sql "CREATE TABLE t (id int, n int)" "INSERT INTO t SELECT n, n FROM generate_series(1, 1000) n"
    waits_for t headrace ingest "$(at t)&lock-timeout=100ms" --to zone
    contains "$(<said)" "loaded 1 000"
}

# ---- connections -----------------------------------------------------------------------------------------------------------

test_one_connection_is_enough_for_everything() {
    local limit mode
    numbered 100000
    make_role ""
    for limit in 1 2 3; do
        sql "ALTER ROLE $role CONNECTION LIMIT $limit"
        for mode in append "merge&key=id" replace; do
            ends 0 headrace ingest rows.csv --name "${mode%&*}$limit" --writers 4 --segment-rows 10000 \
                --to "$(at "t_${mode%&*}$limit" "$role:x")&mode=$mode&checkpoint-schema=own"
            contains "$err" "FewerConnections {\"connections\":$limit,\"wanted\":5"
            exact "t_${mode%&*}$limit" 100000
        done
        ends 0 headrace ingest "$(at "t_append$limit" "$role:x")&readers=4" --name "pull$limit" --to zone --compress none
        contains "$err" "FewerConnections {\"connections\":$limit,\"wanted\":4}"
        contains "$out" "loaded 100 000"
    done
    # Nobody is told who has what he wants.
    sql "ALTER ROLE $role CONNECTION LIMIT 2"
    ends 0 headrace ingest rows.csv --name two --segment-rows 10000 --to "$(at t_two "$role:x")&checkpoint-schema=own"
    [[ $err != *FewerConnections* ]]
    exact t_two 100000
    drop_role
}

# The oldest segment waits for a row of a newer one, and nobody can be asked who has it.
test_writers_do_not_wait_for_each_other_without_a_connection_to_ask_by() {
    make_role "CONNECTION LIMIT 2"
    make_slow t
    sql "ALTER TABLE t ADD PRIMARY KEY (id)" "GRANT ALL ON t TO $role"
    # Late in the first segment, and early in the second.
    awk 'BEGIN { print "id,n"; for (i = 0; i < 60000; i++) print (i >= 28000 && i < 28100 ? -i : i >= 40000 && i < 40100 ? 12000 - i : i) "," i }' >rows.csv
    ends 3 headrace ingest rows.csv --writers 3 --segment-rows 30000 --to "$(at t "$role:x")&checkpoint-schema=own"
    exact t $((60000 - 100))
    drop_role
}

# Others have all connections when the job begins, and one of them later.
test_a_server_without_room_costs_a_delay() {
    numbered 100000
    make_role "CONNECTION LIMIT 2"
    ends 0 headrace ingest rows.csv --name zero --to "$(at t "$role:x")&checkpoint-schema=own" # the table of positions
    sleeper() { PGPASSWORD=x psql -XAtq -h "$PGHOST" -U "$role" -c "SELECT pg_sleep($1)" >/dev/null 2>&1 & }
    slept() { [[ $(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep%' AND usename = '$role'") == "$1" ]]; }
    sleeper 1001
    sleeper 1002
    soon slept 2
    ends 5 headrace ingest rows.csv --name never --reconnect 500ms --to "$(at t "$role:x")&checkpoint-schema=own"
    contains "$err$out" "too many connections"
    sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(1001)%'" >/dev/null
    soon slept 1
    ends 0 headrace ingest rows.csv --name one --writers 2 --segment-rows 20000 --to "$(at u "$role:x")&checkpoint-schema=own"
    contains "$err" FewerConnections
    exact u 100000
    sql "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(1002)%'" >/dev/null
    wait
    drop_role
}

# ---- room on disks -----------------------------------------------------------------------------------------------------------

# A disk of 24 MB, half of it taken: a tablespace in a file system of its own, where we may mount one.
small_mounted() {
    disk=$folder/disk
    mkdir "$disk"
    mount -t tmpfs -o size=24m none "$disk" 2>/dev/null || return 1
    at_end umount -l "$disk"
    chown "$(stat -c %u:%g "$PRIMARY_DATA")" "$disk"
    chmod 700 "$disk"
    sql "CREATE TABLESPACE $UNIQUE LOCATION '$disk'" "CREATE TABLE t (id int, n int) TABLESPACE $UNIQUE"
    head -c 12M /dev/zero >"$disk/filler"
    make_room() { rm "$disk/filler"; }
    drop_disk() { sql "DROP TABLE t" "DROP TABLESPACE $UNIQUE"; }
}

# Else a server whose files may have 20 MB each, and not a byte of the block behind that. From version 16 on files grow by
# other means, which say something else.
small_limited() {
    (($(psql -XAtqc "SHOW server_version_num") < 160000)) || return 1
    (ulimit -S -f 20481 && "$SERVERS/postgres.sh" start "$folder/own" --fsync off)
    at_end "$SERVERS/postgres.sh" stop "$folder/own"
    . "$folder/own/env"
    sql "CREATE TABLE t (id int, n int)" "INSERT INTO t SELECT 2000000 + i, i FROM generate_series(1, 350000) i" "DELETE FROM t"
    make_room() {
        "$SERVERS/postgres.sh" stop "$folder/own"
        "$SERVERS/postgres.sh" start "$folder/own"
    }
    drop_disk() { :; }
}

test_a_full_disk_costs_a_delay_and_no_row() {
    numbered 500000
    small_mounted || small_limited || { echo "| no file system can be mounted: left out"; return 0; }
    ends 5 headrace ingest rows.csv --segment-rows 20000 --reconnect 500ms --to "$(at t)"
    contains "$err" "could not extend file"
    contains "$err" "SQLSTATE 53100"
    landed=$(sql "SELECT count(*) FROM t")
    ((landed > 0 && landed < 500000))
    exact t "$landed"
    headrace ingest rows.csv --segment-rows 20000 --to "$(at t)" 2>said &
    soon grep -q Reconnecting said
    make_room
    wait $! || broken "$(<said)"
    exact t 500000
    drop_disk
}

test_a_limit_of_temporary_files_is_told_at_once() {
    sql "CREATE TABLE t (id int, n text)" "INSERT INTO t SELECT i, repeat('x', 100) FROM generate_series(1, 50000) i"
    make_role SUPERUSER
    sql "ALTER ROLE $role SET temp_file_limit = '100kB'" "ALTER ROLE $role SET work_mem = '64kB'"
    ends 1 headrace ingest "$(at t "$role:x" | sed 's/table=.*//')query=SELECT%20*%20FROM%20t%20ORDER%20BY%20n,id" --to zone
    contains "$err" "temporary file size exceeds temp_file_limit"
    [[ $err != *Reconnecting* ]]
    drop_role
}
