# test_server.sh: the server that the other tests rely on does what they take for granted.
# shellcheck shell=bash disable=SC2317

test_rows_come_back_from_the_primary_and_the_standby() {
    sql "CREATE TABLE grain (name text, size int)" "INSERT INTO grain SELECT 'g' || n, n FROM generate_series(1, 1000) n"
    equal "$(sql "SELECT count(*), sum(size) FROM grain")" "1000|500500"
    standby_follows
    equal "$(sql_standby "SELECT count(*) FROM grain")" 1000
    equal "$(sql_standby "SELECT pg_is_in_recovery()")" t
    ends 1 sql_standby "DELETE FROM grain"
    contains "$err" "read-only transaction"
}

test_copy_takes_and_gives_a_file() {
    sql "CREATE TABLE grain (name text, size int)"
    printf 'Emmer,3\n"Dinkel, rot",4\n' >grain.csv
    psql -XAtq -c "\\copy grain FROM grain.csv WITH (FORMAT csv)"
    psql -XAtq -c "\\copy grain TO out.csv WITH (FORMAT csv)"
    cmp grain.csv out.csv
}

test_connections_are_encrypted_and_the_certificate_holds() {
    export PGSSLMODE=verify-full
    equal "$(sql "SELECT ssl FROM pg_stat_ssl WHERE pid = pg_backend_pid()")" t
    PGSSLROOTCERT=/dev/null ends 2 sql "SELECT 1"
    contains "$err" "certificate"
    export PGSSLMODE=prefer PGPASSFILE=/dev/null
    ends 2 psql -XAtqwc "SELECT 1"
    contains "$err" "no password supplied"
}

test_committed_rows_survive_a_killed_server() {
    sql "CREATE TABLE kept (n int)" "INSERT INTO kept SELECT generate_series(1, 100)"
    sleep 600 | psql -XAtq -c "BEGIN" -c "INSERT INTO kept VALUES (0)" -f - >/dev/null 2>&1 &
    waiting() { [[ $(sql "SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND state = 'idle in transaction'") == 1 ]]; }
    soon waiting
    postgres kill9
    ends 2 sql "SELECT 1"
    postgres start
    equal "$(sql "SELECT count(*), min(n) FROM kept")" "100|1"
}

test_a_transaction_can_be_prepared_and_seen() {
    sql "CREATE TABLE kept (n int)"
    psql -XAtq -v ON_ERROR_STOP=1 -c "BEGIN" -c "INSERT INTO kept VALUES (1)" -c "PREPARE TRANSACTION '$UNIQUE'"
    equal "$(sql "SELECT count(*) FROM pg_prepared_xacts WHERE gid = '$UNIQUE'")" 1
    equal "$(sql "SELECT count(*) FROM kept")" 0
    sql "COMMIT PREPARED '$UNIQUE'"
    equal "$(sql "SELECT count(*) FROM kept")" 1
}

test_the_proxy_cuts_stalls_and_refuses_connections() {
    proxy_to "$PGPORT"
    export PGPORT=$proxy_port
    equal "$(sql "SELECT 1")" 1
    sql "SELECT pg_sleep(300)" >out 2>&1 &
    local sleeper=$!
    asleep() { [[ $(sql "SELECT count(*) FROM pg_stat_activity WHERE query LIKE 'SELECT pg_sleep(300)%'") == 1 ]]; }
    soon asleep
    proxy_do reset
    wait "$sleeper" && broken "a query outlived its connection"
    contains "$(<out)" "server closed the connection unexpectedly"
    equal "$(sql "SELECT 2")" 2
    proxy_do cut-down 20000
    ends 2 sql "SELECT repeat('x', 100000)"
    proxy_do cut-down 0
    equal "$(sql "SELECT length(repeat('x', 100000))")" 100000
    proxy_do refuse
    refused() { ! sql "SELECT 1" >/dev/null 2>&1; }
    soon refused
    proxy_do resume
    soon sql "SELECT 3"
    proxy_do stall
    PGCONNECT_TIMEOUT=2 ends 2 sql "SELECT 1"
    proxy_do resume
    soon sql "SELECT 4"
}
