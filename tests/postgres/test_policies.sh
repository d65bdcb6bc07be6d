# test_policies.sh: row level security, views and rules: what COPY does not do.
# shellcheck shell=bash disable=SC2154

at() { echo "postgres://${2:-$PGUSER}@$PGHOST:$PGPORT/$PGDATABASE?table=$1"; }

# Tenants see, and write, their own rows alone.
make_tenants() { # TABLE
    role=r_${UNIQUE:0:20}
    sql "DROP ROLE IF EXISTS $role" "CREATE ROLE $role LOGIN PASSWORD 'x'" "GRANT ALL ON DATABASE \"$PGDATABASE\" TO $role" \
        "CREATE TABLE $1 (id int PRIMARY KEY, tenant text, n int)" "GRANT SELECT, INSERT, UPDATE ON $1 TO $role" \
        "ALTER TABLE $1 ENABLE ROW LEVEL SECURITY" "CREATE POLICY own ON $1 TO $role USING (tenant = 'a') WITH CHECK (tenant = 'a' AND n >= 0)"
}
drop_role() { sql "DROP OWNED BY $role" "DROP ROLE $role"; }
mixed() { # FROM TO: every hundredth row is another tenant's
    awk -v from="$1" -v to="$2" 'BEGIN { print "id,tenant,n"; for (i = from; i < to; i++) print i "," (i % 100 == 50 ? "b" : "a") "," i }' >rows.csv
}

test_rows_that_a_policy_forbids_are_refused_and_the_rest_lands() {
    make_tenants t
    mixed 0 10000
    ends 3 headrace ingest rows.csv --segment-rows 3000 --writers 2 --to "$(at t "$role:x")&checkpoint-schema=own"
    contains "$out" "loaded 9 900 + duplicate 0 + rejected 100"
    equal "$(sql "SELECT count(*), count(*) FILTER (WHERE tenant = 'b') FROM t")" "9900|0"
    headrace errors "$(headrace jobs | head -n 1 | cut -f 1)" >listed
    contains "$(<listed)" "new row violates row-level security policy"
    # A key that is there is a reject of its own, with the policies too.
    mixed 9990 10010
    ends 3 headrace ingest rows.csv --name two --to "$(at t "$role:x")&checkpoint-schema=own"
    contains "$out" "loaded 10 + duplicate 0 + rejected 10"
    drop_role
}

test_conflicts_with_hidden_rows_are_refused() {
    make_tenants t
    sql "INSERT INTO t VALUES (1, 'b', 1), (2, 'a', 2)"
    printf 'id,tenant,n\n1,a,10\n2,a,20\n3,a,30\n4,b,40\n' >rows.csv
    ends 3 headrace ingest rows.csv --mode merge --to "$(at t "$role:x")&checkpoint-schema=own"
    contains "$out" "loaded 2 + duplicate 0 + rejected 2"
    equal "$(sql "SELECT string_agg(id || tenant || n, ',' ORDER BY id) FROM t")" "1b1,2a20,3a30"
    drop_role
}

test_rights_that_are_missing_are_no_matter_of_rows() {
    make_tenants t
    sql "REVOKE INSERT ON t FROM $role"
    mixed 0 100
    ends 1 headrace ingest rows.csv --to "$(at t "$role:x")&checkpoint-schema=own"
    contains "$err" "permission denied for table t"
    # To append, the right to insert is enough.
    sql "REVOKE ALL ON t FROM $role" "GRANT INSERT ON t TO $role"
    ends 3 headrace ingest rows.csv --name two --to "$(at t "$role:x")&checkpoint-schema=own"
    equal "$(sql "SELECT count(*) FROM t")" 99
    drop_role
}

test_a_pull_says_when_policies_hide_rows() {
    make_tenants t
    sql "INSERT INTO t SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, i FROM generate_series(1, 1000) i" \
        "CREATE VIEW v WITH (security_invoker = on) AS SELECT * FROM t" "GRANT SELECT ON v TO $role"
    local what
    for what in "table=t" "table=v" "query=SELECT%20*%20FROM%20t" "table=t&watermark=n&key=id"; do
        ends 1 headrace ingest "$(at t "$role:x" | sed 's/table=.*//')$what" --to zone --name "${what:6:1}$UNIQUE"
        contains "$err" "option row-security=visible"
    done
    ends 0 headrace ingest "$(at t "$role:x")&row-security=visible" --to zone --name visible
    contains "$err" RowsHidden
    contains "$out" "loaded 500 "
    # Whom no policy concerns reads all of it, and is told nothing.
    ends 0 headrace ingest "$(at t)&row-security=visible" --to zone --name all
    [[ $err != *RowsHidden* ]]
    contains "$out" "loaded 1 000 "
    # What the role has by default decides nothing.
    sql "ALTER ROLE $role SET row_security = on"
    ends 1 headrace ingest "$(at t "$role:x")" --to zone --name again
    sql "ALTER ROLE $role SET row_security = off"
    printf 'id,tenant,n\n5000,a,1\n' >rows.csv
    ends 0 headrace ingest rows.csv --name load --to "$(at t "$role:x")&checkpoint-schema=own"
    drop_role
}

test_views_and_rules_are_written_by_insert() {
    sql "CREATE TABLE base (id int PRIMARY KEY, n int CHECK (n <> 7))" "CREATE VIEW v AS SELECT * FROM base WHERE n < 1000 WITH CHECK OPTION" \
        "CREATE TABLE old (id int, n int)" "CREATE TABLE new (LIKE old)" \
        "CREATE RULE moved AS ON INSERT TO old WHERE NEW.id > 50 DO INSTEAD INSERT INTO new VALUES (NEW.*)"
    awk 'BEGIN { print "id,n"; for (i = 0; i < 1010; i++) print i "," i }' >rows.csv
    ends 3 headrace ingest rows.csv --name v --to "$(at v)"
    equal "$(sql "SELECT count(*), max(n) FROM base")" "999|999"
    awk 'BEGIN { print "id,n"; for (i = 0; i < 100; i++) print i "," i }' >rows.csv
    headrace ingest rows.csv --name old --to "$(at old)"
    equal "$(sql "SELECT (SELECT count(*) FROM old), (SELECT count(*) FROM new)")" "51|49"
}

test_rows_that_an_instead_of_trigger_keeps_back_are_told() {
    sql "CREATE TABLE base (id int)" "CREATE VIEW v AS SELECT * FROM base" \
        "CREATE FUNCTION odd() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN IF NEW.id % 2 = 0 THEN RETURN NULL; END IF;
            INSERT INTO base VALUES (NEW.*); RETURN NEW; END'" \
        "CREATE TRIGGER odd INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION odd()"
    printf '%s\n' id {1..9} >rows.csv
    ends 0 headrace ingest rows.csv --header yes --name v --to "$(at v)"
    contains "$err" '"rows":4,"of":9'
    equal "$(sql "SELECT count(*) FROM base")" 5
}
