# test_late_commits.sh: pulls by a watermark miss nothing, whoever commits late, out of order, with skewed clocks.
# shellcheck shell=bash disable=SC2154,SC2317

make_events() { # STAMP: what the column updated_at is by default
    sql "CREATE TABLE event (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, updated_at timestamptz NOT NULL DEFAULT $1,
         version int NOT NULL DEFAULT 0, note text, changed xid8 NOT NULL DEFAULT pg_current_xact_id())" \
        "CREATE INDEX ON event (updated_at, id)" "CREATE INDEX ON event (changed, id)"
}

# Writers that commit long after they wrote, write long after they began, change their minds, and change rows.
writers() { # SECONDS STAMP
    local stamp=$2
    cat >late.sql <<SQL
\\set ms random(0, 900)
BEGIN;
INSERT INTO event (note) VALUES ('late');
\\sleep :ms ms
COMMIT;
SQL
    cat >idle.sql <<SQL
\\set ms random(0, 900)
BEGIN;
SELECT count(*) FROM pg_class;
\\sleep :ms ms
INSERT INTO event (note) VALUES ('idle first');
COMMIT;
SQL
    cat >quick.sql <<SQL
INSERT INTO event (note) VALUES ('quick');
SQL
    cat >never.sql <<SQL
\\set ms random(0, 300)
BEGIN;
INSERT INTO event (note) VALUES ('never');
\\sleep :ms ms
ROLLBACK;
SQL
    cat >change.sql <<SQL
\\set id random(1, 400)
\\set ms random(0, 300)
BEGIN;
UPDATE event SET updated_at = $stamp, changed = pg_current_xact_id(), version = version + 1 WHERE id = :id;
\\sleep :ms ms
COMMIT;
SQL
    "$PG_BIN/pgbench" -n -c 16 -j 2 -T "$1" -f late.sql@4 -f idle.sql@4 -f quick.sql@8 -f never.sql@1 -f change.sql@4 >bench.log 2>&1
}

# pulls TIMES-FILE URI...: one pull after the other while the writers write, and two when they are done.
pull_while() { # WRITER-PID URI...
    local writer=$1 uri
    shift
    while kill -0 "$writer" 2>/dev/null; do
        for uri in "$@"; do pull "$uri"; done
    done
    wait "$writer"
    sleep 2
    for uri in "$@"; do pull "$uri"; pull "$uri"; done
}
pull() { headrace ingest "$1" --to zone --compress none --name "$UNIQUE" >>pull.log 2>&1 || broken "$(tail -n 3 pull.log)"; }

# What was landed, as the table `landed`.
landed() {
    local file
    sql "CREATE TABLE landed (id bigint, updated_at timestamptz, version int, note text, changed xid8)"
    while IFS= read -r file; do psql -XAtq -c "\\copy landed FROM '$file' WITH (FORMAT csv, HEADER)"; done < <(find zone -name '*.csv' | sort)
}
nothing_is_missing() {
    equal "$(sql "SELECT count(*) FROM event e WHERE NOT EXISTS (SELECT FROM landed l WHERE (l.id, l.version) = (e.id, e.version))")" 0 "rows that were never pulled"
}
nothing_came_twice() {
    equal "$(sql "SELECT count(*) FROM (SELECT FROM landed GROUP BY id, updated_at HAVING count(*) > 1) AS d")" 0 "rows that were landed twice"
}
tell() {
    echo "| $1: $(sql "SELECT count(*) FROM event") rows, $(sql "SELECT count(*) FROM landed") landed (with changes) by $(grep -c '^read ' pull.log) pulls"
}

test_no_late_commit_is_lost_by_an_exact_bound() {
    make_events "now()"
    writers 12 "now()" &
    pull_while $! "$(postgres_uri)?table=event&watermark=updated_at&lag=50ms" # or the lag alone would do
    landed
    nothing_is_missing
    nothing_came_twice
    contains "$(<pull.log)" "duplicate 0"
    grep -q 'PullOverlaps' pull.log && broken "the bound was not exact"
    tell "exact"
}

test_no_late_commit_is_lost_by_numbers_of_transactions() {
    make_events "now()"
    writers 8 "now()" &
    pull_while $! "$(postgres_uri)?table=event&watermark=changed"
    landed
    nothing_is_missing
    equal "$(sql "SELECT count(*) FROM (SELECT FROM landed GROUP BY id, changed HAVING count(*) > 1) AS d")" 0
    tell "xid8"
}

test_skewed_clocks_are_within_the_lookback() {
    make_events "clock_timestamp() + (random() * 6 - 3) * interval '1 s'"
    writers 8 "clock_timestamp() + (random() * 6 - 3) * interval '1 s'" &
    pull_while $! "$(postgres_uri)?table=event&watermark=updated_at&lookback=10s"
    sleep 3
    pull "$(postgres_uri)?table=event&watermark=updated_at&lookback=10s"
    landed
    nothing_is_missing
    nothing_came_twice
    tell "skewed clocks, lookback"
}

test_without_the_privilege_runs_overlap_and_say_so() {
    make_events "now()"
    sql "DROP ROLE IF EXISTS reader" "CREATE ROLE reader LOGIN PASSWORD 'pw'" "GRANT SELECT ON event TO reader"
    local uri="postgres://reader:pw@$PGHOST:$PGPORT/$PGDATABASE?table=event&watermark=updated_at"
    writers 8 "now()" &
    local writer=$!
    sleep 0.5
    ends 1 headrace ingest "$uri&bound=exact" --to zone --name strict
    contains "$err" "pg_read_all_stats"
    pull_while "$writer" "$uri"
    landed
    nothing_is_missing
    nothing_came_twice
    contains "$(<pull.log)" "PullOverlaps"
    contains "$(<pull.log)" "GRANT pg_read_all_stats"
    grep -q 'duplicate [1-9]' pull.log || broken "the runs did not overlap"
    tell "no privilege, overlap"
    sql "DROP OWNED BY reader" "DROP ROLE reader"
}

test_a_standby_is_read_without_a_loss() {
    make_events "now()"
    standby_follows
    writers 8 "now()" &
    pull_while $! "$(postgres_uri "$STANDBY_PORT")?table=event&watermark=updated_at&lookback=30s"
    soon all_there
    sql "INSERT INTO event (note) VALUES ('the clock of the standby goes on')"
    sleep 2
    standby_follows
    pull "$(postgres_uri "$STANDBY_PORT")?table=event&watermark=updated_at&lookback=30s"
    sql "DELETE FROM event WHERE note LIKE 'the clock%'"
    landed
    nothing_is_missing
    nothing_came_twice
    contains "$(<pull.log)" "standby"
    tell "standby"
}
all_there() { [[ $(sql_standby "SELECT count(*) FROM event") == "$(sql "SELECT count(*) FROM event")" ]]; }

test_prepared_transactions_hold_the_bound() {
    make_events "now()"
    local uri
    uri="$(postgres_uri)?table=event&watermark=updated_at"
    sql "INSERT INTO event (note) VALUES ('before')"
    sleep 1.2
    pull "$uri"
    psql -XAtq -v ON_ERROR_STOP=1 -c "BEGIN" -c "INSERT INTO event (note) VALUES ('prepared')" -c "PREPARE TRANSACTION '$UNIQUE'"
    sql "INSERT INTO event (note) VALUES ('after')"
    sleep 1.5
    pull "$uri"
    contains "$(<pull.log)" "PreparedTransaction"
    sql "COMMIT PREPARED '$UNIQUE'"
    sleep 1.2
    pull "$uri"
    landed
    nothing_is_missing
    nothing_came_twice
}
