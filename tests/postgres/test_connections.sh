# test_connections.sh: connections that cannot be had as they were asked for, and what lies between.
# limit: 60
# shellcheck shell=bash disable=SC2154

pulls=0
pull() { pulls=$((pulls + 1)); timeout 20 headrace ingest "$1" --name "p$pulls" --to "zone$pulls"; }

# What nobody can mend by waiting is told at once, and not after --reconnect.
test_parameters_that_cannot_be_are_told_at_once() {
    local part
    for part in sslmode=bogus "ssl_min_protocol_version=TLSv1.3&ssl_max_protocol_version=TLSv1.2" service=nowhere \
        "sslmode=disable&channel_binding=require"; do
        rc=0
        err=$(pull "$(postgres_uri)?query=SELECT 1&$part" 2>&1) || rc=$?
        [[ $rc == [12] ]] || broken "$part: exit status $rc: $err"
        [[ $err != *Reconnecting* ]] || broken "$part was tried again: $err"
    done
}

test_what_a_password_has_after_an_at_sign_is_no_host() {
    ends 2 pull "postgres://$PGUSER:one@two@$PGHOST:$PGPORT/$PGDATABASE?query=SELECT 1"
    contains "$err" "written as %40"
    [[ $err$out != *two* ]] || broken "a part of the password was shown: $err"
    ends 0 pull "postgres://$PGUSER@${PG_SOCKETS//\//%2F}:$PGPORT/$PGDATABASE?query=SELECT 1"
}

test_queries_that_cannot_be_read_are_explained() {
    sql "CREATE TABLE t (id int)"
    ends 2 pull "$(postgres_uri)?query=SELECT \$1::int"
    contains "$err" "nothing fills in parameters"
    ends 2 pull "$(postgres_uri)?query=SELECT id FROM t FOR UPDATE"
    contains "$err" "may not write, and locks no rows"
    ends 2 pull "$(postgres_uri)?query=SELECT id FROM t; -- all"
    contains "$err" "without a semicolon in it"
    ends 0 pull "$(postgres_uri)?query=SELECT id FROM t -- all;"
}

# A server that seems to give each transaction to another process, as behind a pooler by transaction.
test_transactions_in_another_session_are_told() {
    sql "CREATE FUNCTION pg_backend_pid() RETURNS int LANGUAGE sql AS \$\$
        SELECT extract(microseconds FROM clock_timestamp())::int \$\$"
    printf 'id\n1\n' >rows.csv
    export PGOPTIONS="-c search_path=public,pg_catalog"
    ends 1 headrace ingest rows.csv --header yes --to "$(postgres_uri)?table=t"
    contains "$err" "pool by session"
    equal "$(sql "SELECT count(*) FROM t")" 0
    ends 1 pull "$(postgres_uri)?table=t"
    contains "$err" "pool by session"
}
