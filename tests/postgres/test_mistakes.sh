# test_mistakes.sh: what a newcomer gets wrong at a database: what is said, the exit status, and where no password stands.
# shellcheck shell=bash

at() { echo "postgres://${2:-$PGUSER}@$PGHOST:$PGPORT/$PGDATABASE?table=$1"; }
rows() { printf 'id,name\n1,a\n2,b\n' >a.csv; }

test_a_wrong_password_is_told_and_kept_nowhere() {
    rows
    sql "CREATE TABLE t (id int)"
    ends 1 headrace ingest a.csv --to "$(at t "$PGUSER:SESAME")"
    contains "$err" 'password authentication failed for user "postgres"'
    ends 1 headrace ingest "$(at t)&password=SESAME" --to zone/
    contains "$err" 'password authentication failed'
    # A job of which the destination was reached is recorded with what it was given.
    sql "CREATE ROLE ${UNIQUE:0:20} LOGIN PASSWORD 'SESAME'"
    ends 1 headrace ingest a.csv --to "$(at t "${UNIQUE:0:20}:SESAME")"
    contains "$err" "permission denied"
    headrace jobs --json >listed
    for id in $(headrace jobs | cut -f 1); do headrace job "$id" --json >>listed; done
    equal "$(cat listed .err .state/headrace/* | grep -a -c SESAME)" 0
    contains "$(<listed)" "${UNIQUE:0:20}@$PGHOST"
    sql "DROP ROLE ${UNIQUE:0:20}"
}

test_a_missing_password_says_where_it_is_looked_for() {
    rows
    PGPASSFILE=$PWD/nowhere ends 1 headrace ingest a.csv --to "$(at t)"
    contains "$err" "no password supplied; a password is found in ~/.pgpass"
}

test_a_database_that_is_not_there_is_told() {
    rows
    ends 1 headrace ingest a.csv --to "postgres://$PGUSER@$PGHOST:$PGPORT/shopp?table=t"
    contains "$err" 'database "shopp" does not exist'
    ends 1 headrace ingest "postgres://$PGUSER@$PGHOST:$PGPORT/shopp?table=t" --to zone/
    contains "$err" 'database "shopp" does not exist'
}

test_a_table_that_is_not_there_is_told_at_a_source() {
    ends 1 headrace ingest "$(at ordesr)" --to zone/
    contains "$err" 'relation "ordesr" does not exist'
}

test_missing_rights_are_told_with_what_to_grant() {
    local role=r_${UNIQUE:0:20}
    rows
    sql "CREATE ROLE $role LOGIN PASSWORD 'x'" "CREATE TABLE t (id int, name text)"
    ends 1 headrace ingest "$(at t "$role:x")" --to zone/
    contains "$err" "permission denied for table t"
    ends 1 headrace ingest a.csv --to "$(at t "$role:x")"
    contains "$err" "let this user have USAGE on schema headrace and SELECT, INSERT, UPDATE on headrace.checkpoint"
    # What docs/postgres.md says that it needs is enough.
    headrace ingest a.csv --to "$(at made)" --name first
    sql "GRANT USAGE ON SCHEMA headrace TO $role" "GRANT SELECT, INSERT, UPDATE ON headrace.checkpoint TO $role" "GRANT INSERT ON t TO $role"
    ends 0 headrace ingest a.csv --to "$(at t "$role:x")"
    equal "$(sql "SELECT count(*) FROM t")" 2
    sql "DROP OWNED BY $role" "DROP ROLE $role"
}

test_a_merge_needs_a_key_and_makes_no_table_without() {
    rows
    ends 2 headrace ingest a.csv --to "$(at t)" --mode merge
    contains "$err" "name them by option key (--key)"
    equal "$(sql "SELECT to_regclass('t') IS NULL")" t
    ends 0 headrace ingest a.csv --to "$(at t)" --mode merge --key id
    sql "CREATE TABLE u (id int, name text)"
    ends 2 headrace ingest a.csv --to "$(at u)" --mode merge --name u
    contains "$err" "create one (ALTER TABLE ... ADD PRIMARY KEY)"
}

test_encryption_that_cannot_be_had_is_no_matter_of_time() {
    echo nothing >other.pem
    ends 1 headrace ingest "$(at t)&sslmode=verify-full&sslrootcert=$PWD/nowhere.pem" --to zone/
    contains "$err" "certificate"
    ends 1 headrace ingest "$(at t)&sslmode=verify-full&sslrootcert=$PWD/other.pem" --to zone/
    contains "$err" "certificate"
}

test_a_server_that_is_not_there_is_something_for_later() {
    rows
    ends 5 headrace ingest a.csv --to "postgres://127.0.0.1:1/shop?table=t"
    ends 5 headrace ingest "postgres://127.0.0.1:1/shop?table=t" --to zone/ --reconnect 0
    contains "$err" "Connection refused"
}

test_a_destination_that_was_mended_is_taken() {
    rows
    ends 1 headrace ingest a.csv --to "$(at nope)&create=no"
    contains "$err" 'there is no table "nope"'
    ends 0 headrace ingest a.csv --to "$(at nope)"
    contains "$out" "loaded 2"
}

test_a_job_that_has_landed_rows_keeps_its_destination() {
    awk 'BEGIN { print "id,name"; for (i = 0; i < 100000; i++) print i ",n" }' >a.csv
    sql "CREATE TABLE t (id int, name text)" "CREATE FUNCTION fail() RETURNS trigger LANGUAGE plpgsql AS \$\$ BEGIN
        IF NEW.id > 50000 THEN RAISE EXCEPTION 'no' USING ERRCODE = '57014'; END IF; RETURN NEW; END \$\$" \
        "CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION fail()"
    ends 1 headrace ingest a.csv --segment-rows 10000 --to "$(at t)"
    sql "DROP TRIGGER f ON t"
    ends 2 headrace ingest a.csv --segment-rows 10000 --to "$(at u)"
    contains "$err" "has landed rows there, and has not come to its end"
    contains "$err" "headrace abandon"
    equal "$(sql "SELECT to_regclass('u') IS NULL")" t
    # The database says that it is the same one at another address.
    ends 0 headrace ingest a.csv --segment-rows 10000 --to "postgres://$PGUSER@localhost:$PGPORT/$PGDATABASE?table=t"
    equal "$(sql "SELECT count(*), count(DISTINCT id) FROM t")" "100000|100000"
    contains "$(headrace jobs --limit 1 --json)" "$PGUSER@localhost:$PGPORT"
    # The next file goes where it is told to.
    sed -n 1,10p a.csv >b.csv
    ends 0 headrace ingest b.csv --to "$(at u)"
    equal "$(sql "SELECT count(*) FROM u")" 9
}

# Somebody may rely on them.
test_options_that_would_do_nothing_are_refused() {
    local part
    rows
    for part in "key=id" "allow-empty=yes" "mode=replace&key=id" "key-column=h" "mode=merge&key-column=h&key=id"; do
        sql "DROP TABLE IF EXISTS t" "CREATE TABLE t (id int PRIMARY KEY, name text, h text)" 2>/dev/null
        ends 2 headrace ingest a.csv --name f --to "$(at t)&$part"
        contains "$err" "option $(grep -oE 'key-column|allow-empty|key' <<<"$part" | head -n 1) "
        equal "$(sql "SELECT count(*) FROM t")" 0
    done
    sql "CREATE TABLE s (id int PRIMARY KEY, at timestamptz DEFAULT now(), x xid8 DEFAULT pg_current_xact_id())"
    for part in lag=5s bound=exact label=x lookback=5m "watermark=at&zone=UTC" "watermark=x&lag=5s"; do
        ends 2 headrace ingest "$(at s)&$part" --name p --to zone
    done
}
