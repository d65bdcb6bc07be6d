# test_source.sh: tables and queries of PostgreSQL as a source: values, positions, parallel readers, standbys, failures.
# shellcheck shell=bash disable=SC2154,SC2317

pull() { # QUERY [FLAG...]: into ./zone as CSV
    local query=$1
    shift
    headrace ingest "$(postgres_uri)?$query" --to zone --compress none --name "$UNIQUE" "$@" >pull.log 2>&1
}
# What was landed, as the table `landed`, made like the table $1.
landed() {
    local file
    sql "DROP TABLE IF EXISTS landed" "CREATE TABLE landed (LIKE $1)"
    while IFS= read -r file; do psql -XAtq -v ON_ERROR_STOP=1 -c "\\copy landed FROM '$file' WITH (FORMAT csv, HEADER)"; done < <(find "${2:-zone}" -name '*.csv' | sort)
}
# The same rows, as often, whatever their order.
same_rows() {
    equal "$(sql "SELECT count(*) FROM (TABLE $1 EXCEPT ALL TABLE landed) AS d")" 0 "rows that were not landed"
    equal "$(sql "SELECT count(*) FROM (TABLE landed EXCEPT ALL TABLE $1) AS d")" 0 "rows landed too often"
}
count_landed() { sql "SELECT count(*) FROM landed"; }

test_values_of_all_types_survive() {
    sql "CREATE TYPE mood AS ENUM ('so la', 'tab	new')" "CREATE DOMAIN positive AS int CHECK (VALUE > 0)" \
        "CREATE TABLE kinds (b bool, i2 smallint, i8 bigint, n numeric, n2 numeric(10,2), f4 real, f8 double precision, t text, c char(5),
         v varchar(9), raw bytea, d date, ts timestamp, tz timestamptz, tt time, ttz timetz, iv interval, u uuid, js jsonb, arr text[],
         grid int[][], m mood, p positive, r int4range, ip inet, bits bit(5), money money, x xml, pt point, tsv tsvector, \"Odd \"\"na,me\" text)" \
        "INSERT INTO kinds (t) VALUES (NULL), (''), ('\\N'), ('\\.'), (E'tab\\there'), (E'new\\nline'), (E'cr\\rlf\\r\\n'), ('quote\"d'),
         (E'back\\\\slash'), ('ünïcödé 🌊'), (' spaces '), ('NULL'), (E'\\x01\\x7f'), (repeat('long \"text\", ', 20000)), (E'\\uFEFFmark')" \
        "INSERT INTO kinds VALUES
         (true, -32768, 9223372036854775807, 'NaN', 'NaN', 'NaN', 'Infinity', 'x', 'ab', 'v', '\\x00ff5c0a', 'infinity', '0044-03-15 BC',
          '2026-11-22 10:00:00.123456+05:30', '24:00:00', '10:00:00-08', '-1 year 2 mons -3 days 04:05:06.789', gen_random_uuid(),
          '{\"a\": [1, \"two\", null], \"q\": \"back\\\\slash\"}', ARRAY['a', NULL, 'NULL', '', 'x,\"y\"\\z'], '{{1,2},{3,4}}', 'tab	new', 7, '[1,5)',
          '10.0.0.0/8', B'10101', '-1234.56', '<a b=\"c\">d</a>', '(1.5,-2)', 'fat & cat', 'odd'),
         (false, 0, -9223372036854775808, 1e-100, -99999999.99, 1e-37, 4.9e-324, '', '', '', '', '-infinity', 'infinity', '-infinity', '00:00',
          '00:00+15:59', '178000000 years', NULL, 'null', '{}', '{}', 'so la', 1, 'empty', '::1', B'00000', '0', '', '(NaN,Infinity)', '', ''),
         (NULL, 1, 1, 123456789012345678901234567890123456789012345.6789, 0.10, 0.1, 0.1, E'\\t', '     ', '  ', '\\x', '2026-02-28',
          '2026-11-22 00:00', '0001-01-01 00:00:00+00', '12:34:56.7', '12:00+00', '0', NULL, '\"text\"', NULL, NULL, NULL, NULL, NULL, NULL, NULL,
          NULL, NULL, NULL, NULL, NULL)"
    PGOPTIONS="-c datestyle=German -c intervalstyle=iso_8601 -c bytea_output=escape -c extra_float_digits=0" pull "table=kinds"
    contains "$(<pull.log)" "rejected 0 + skipped 0"
    sql "DROP TABLE IF EXISTS landed"
    # xml and point have no equality: all is compared as text.
    landed kinds
    sql "CREATE TABLE a AS SELECT k::text AS row FROM kinds k" "CREATE TABLE b AS SELECT l::text AS row FROM landed l"
    equal "$(sql "TABLE a EXCEPT ALL TABLE b")" "" "values that changed"
    equal "$(sql "SELECT count(*) FROM a")" "$(sql "SELECT count(*) FROM b")"
}

test_one_column_of_nulls_is_not_lost() {
    sql "CREATE TABLE lone (t text)" "INSERT INTO lone VALUES (NULL), (''), ('\\N'), ('x'), (NULL)"
    pull "table=lone" --write ndjson
    equal "$(sort zone/*/*/*.ndjson | tr '\n' ' ')" '{"t":""} {"t":"\\N"} {"t":"x"} {"t":null} {"t":null} '
}

test_numbers_and_documents_stay_what_they_are_in_ndjson() {
    sql "CREATE TABLE shop (id int, price numeric, ok bool, doc jsonb, f float8)" \
        "INSERT INTO shop VALUES (1, 12.50, true, '{\"a\": [1, null]}', 1e300), (2, 'NaN', NULL, NULL, 'Infinity')"
    pull "table=shop" --write ndjson
    equal "$(cat zone/*/*/*.ndjson)" '{"id":1,"price":12.50,"ok":true,"doc":{"a": [1, null]},"f":1e+300}
{"id":2,"price":"NaN","ok":null,"doc":null,"f":"Infinity"}'
}

make_orders() { # ROWS
    sql "CREATE TABLE orders (id bigint PRIMARY KEY, updated_at timestamptz, note text)" \
        "INSERT INTO orders SELECT g, now() - g * interval '1 s', repeat('note ' || g, 5) FROM generate_series(1, $1) g" \
        "CREATE INDEX ON orders (updated_at, id)"
}

# kill_while QUERY FLAG...: the same pull over and over, each killed a little later, until one comes to its end.
kill_while() {
    local wait=20 kills=0 rc pid
    while true; do
        rc=0
        headrace ingest "$(postgres_uri)?$1" --to zone --compress none --name "$UNIQUE" "${@:2}" >pull.log 2>&1 &
        pid=$!
        sleep "0.$(printf %03d "$wait")"
        kill -9 "$pid" 2>/dev/null || :
        wait "$pid" 2>/dev/null || rc=$?
        ((rc == 137)) || break
        ! grep -q ': loaded (job' pull.log || { rc=0; break; } # it was killed with nothing left to do
        kills=$((kills + 1)) wait=$((wait + 15))
        ((wait < 990)) || wait=500
    done
    equal "$rc" 0 "$(tail -n 2 pull.log)"
    echo "| $kills kills"
}

test_a_full_load_by_key_goes_on_where_it_was_killed() {
    make_orders 120000
    kill_while "table=orders&key=id" --segment-rows 5000
    landed orders
    same_rows orders
}

test_a_first_pull_by_watermark_goes_on_where_it_was_killed() {
    make_orders 120000
    sql "UPDATE orders SET updated_at = NULL WHERE id % 3 = 0" "UPDATE orders SET updated_at = '2026-01-01' WHERE id % 3 = 1"
    kill_while "table=orders&watermark=updated_at" --segment-rows 5000
    landed orders
    same_rows orders
    pull "table=orders&watermark=updated_at"
    contains "$(<pull.log)" "read 0 "
}

test_a_load_without_an_order_lands_as_a_whole_or_not_at_all() {
    make_orders 120000
    kill_while "table=orders" --segment-rows 5000
    landed orders
    same_rows orders
}

test_each_full_run_reads_all_and_a_watermark_what_is_new() {
    make_orders 100
    pull "table=orders"
    pull "table=orders"
    landed orders
    equal "$(count_landed)" 200
    rm -r zone
    pull "table=orders&watermark=updated_at" --name other
    contains "$(<pull.log)" "read 100 "
    sql "UPDATE orders SET updated_at = now() WHERE id <= 5"
    sleep 1.2
    pull "table=orders&watermark=updated_at" --name other
    contains "$(<pull.log)" "read 5 "
    ends 1 headrace ingest "$(postgres_uri)?table=orders&watermark=id" --to zone --name other
    contains "$err" "the last run of this feed had the watermark updated_at"
}

test_ties_at_the_boundary_are_neither_lost_nor_doubled() {
    sql "CREATE TABLE tick (id int PRIMARY KEY, d int NOT NULL)" "INSERT INTO tick SELECT g, g / 10 FROM generate_series(1, 95) g"
    pull "table=tick&watermark=d&lookback=0"
    sql "INSERT INTO tick SELECT g, 9 FROM generate_series(96, 99) g"
    pull "table=tick&watermark=d&lookback=0"
    contains "$(<pull.log)" "loaded 4 + duplicate 6"
    landed tick
    same_rows tick
}

test_readers_in_parallel_read_one_moment() {
    make_orders 200000
    sql "CREATE TABLE parts (id bigint NOT NULL, note text) PARTITION BY HASH (id)" \
        "CREATE TABLE parts_0 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 0)" \
        "CREATE TABLE parts_1 PARTITION OF parts FOR VALUES WITH (MODULUS 2, REMAINDER 1)" \
        "INSERT INTO parts SELECT g - 500, 'p' || g FROM generate_series(1, 20000) g"
    pull "table=orders&readers=3"
    landed orders
    same_rows orders
    ends 1 headrace ingest "$(postgres_uri)?table=parts&readers=3" --to zone --name parts
    contains "$err" "whole numbers"
    rm -r zone
    pull "table=parts&readers=3&key=id" --name parts
    landed parts
    same_rows parts
}

test_a_query_is_a_source() {
    make_orders 50
    rm -rf zone
    pull "query=SELECT id, upper(note) AS loud FROM orders WHERE id <= 10 -- ten;" --name ten
    contains "$(<pull.log)" "read 10 "
    sql "CREATE TABLE ten (id bigint, loud text)" "INSERT INTO ten SELECT id, upper(note) FROM orders WHERE id <= 10"
    landed ten
    same_rows ten
}

test_several_hosts_prefer_the_standby() {
    make_orders 10
    standby_follows
    local hosts="postgres://$PGUSER@$PGHOST:$PGPORT,$PGHOST:$STANDBY_PORT/$PGDATABASE"
    headrace ingest "$hosts?table=orders&readers=2" --to zone --compress none --name one >pull.log 2>&1
    grep -q ReadsFromPrimary pull.log && broken "$(<pull.log)"
    landed orders
    same_rows orders
    headrace ingest "postgres://$PGUSER@$PGHOST:$PGPORT,$PGHOST:$PGPORT/$PGDATABASE?table=orders" --to zone --name two >pull.log 2>&1
    contains "$(<pull.log)" "ReadsFromPrimary"
}

# The primary vacuums away what the standby still reads, and locks it.
test_a_conflict_with_recovery_is_gone_around_by_pages_of_the_key() {
    make_orders 400000
    sql "CREATE TABLE expected AS TABLE orders" "ALTER TABLE orders SET (autovacuum_enabled = off)"
    PGPORT=$STANDBY_PORT psql -XAtq -c "ALTER SYSTEM SET max_standby_streaming_delay = 0" -c "SELECT pg_reload_conf()" >/dev/null
    at_end env PGPORT="$STANDBY_PORT" psql -XAtq -c "ALTER SYSTEM RESET max_standby_streaming_delay" -c "SELECT pg_reload_conf()"
    standby_follows
    {
        while [[ ! -e stop ]]; do
            sql "UPDATE orders SET note = note WHERE id % 400 = 0" "VACUUM orders" \
                "BEGIN; LOCK TABLE orders IN ACCESS EXCLUSIVE MODE; COMMIT" >/dev/null 2>&1
            sleep 0.02
        done
    } &
    local storm=$! rc=0 try
    # Until the two have met.
    for ((try = 0; try < 30; try++)); do
        rm -rf zone
        headrace ingest "$(postgres_uri "$STANDBY_PORT")?table=orders&key=id" --to zone --compress none --name "$UNIQUE$try" --segment-rows 50000 >pull.log 2>&1 || rc=$?
        if ((rc)) || grep -q StandbyConflict pull.log; then break; fi
    done
    local unordered=0
    headrace ingest "$(postgres_uri "$STANDBY_PORT")?table=orders&order=no" --to other --name unordered --reconnect 500ms >unordered.log 2>&1 || unordered=$?
    touch stop
    wait "$storm"
    equal "$rc" 0 "$(tail -n 3 pull.log)"
    contains "$(<pull.log)" "StandbyConflict"
    # Without an order nothing is landed by halves.
    if ((unordered)); then contains "$(<unordered.log)" "option key"; else contains "$(<unordered.log)" "loaded 400 000"; fi
    landed expected
    same_rows expected
}

test_a_server_that_is_killed_costs_a_delay_and_no_row() {
    make_orders 300000
    headrace ingest "$(postgres_uri)?table=orders&key=id" --to zone --compress none --name "$UNIQUE" --segment-rows 20000 >pull.log 2>&1 &
    local job=$!
    sleep 0.15
    postgres kill9
    postgres start
    wait "$job" || broken "$(tail -n 3 pull.log)"
    landed orders
    same_rows orders
}

test_a_connection_that_is_cut_costs_a_delay_and_no_row() {
    make_orders 100000
    proxy_to "$PGPORT"
    proxy_do cut-down 3000000
    headrace ingest "$(postgres_uri "$proxy_port")?table=orders&key=id" --to zone --compress none --name "$UNIQUE" --segment-rows 5000 >pull.log 2>&1 ||
        broken "$(tail -n 3 pull.log)"
    contains "$(<pull.log)" "Reconnecting"
    landed orders
    same_rows orders
}

test_bytes_that_are_no_text_are_a_clear_error() {
    sql "CREATE DATABASE \"${UNIQUE}_ascii\" TEMPLATE template0 ENCODING SQL_ASCII LC_COLLATE 'C' LC_CTYPE 'C'"
    PGDATABASE=${UNIQUE}_ascii sql "CREATE TABLE raw (id int, t text)" "INSERT INTO raw VALUES (1, 'fine'), (2, E'\\xff')"
    PGDATABASE=${UNIQUE}_ascii ends 1 headrace ingest "postgres:///?table=raw" --to zone --name ascii
    contains "$err" 'invalid byte sequence for encoding "UTF8": 0xff'
    PGDATABASE=postgres sql "DROP DATABASE \"${UNIQUE}_ascii\""
}

test_what_is_missing_is_named() {
    make_orders 1
    ends 1 headrace ingest "$(postgres_uri)?table=nix" --to zone --name a
    contains "$err" 'relation "nix" does not exist'
    ends 1 headrace ingest "$(postgres_uri)?table=orders&watermark=nix" --to zone --name b
    contains "$err" 'the column "nix" of option watermark'
    ends 1 headrace ingest "$(postgres_uri)?table=orders&key=note&order=yes&columns=id" --to zone --name c
    contains "$err" 'the column "note" of option key'
    sql "CREATE TABLE local (at timestamp)"
    PGTZ=Asia/Tokyo ends 2 headrace ingest "$(postgres_uri)?table=local&watermark=at" --to zone --name d
    contains "$err" "option zone"
}

test_a_table_becomes_the_same_table_elsewhere() {
    sql "CREATE TABLE kinds (id bigint PRIMARY KEY, b bool, n numeric, n2 numeric(10,2), f8 double precision, t text, v varchar(9), raw bytea,
         d date, ts timestamp, tz timestamptz, iv interval, u uuid, js jsonb, arr text[], ip inet)" \
        "INSERT INTO kinds VALUES (1, true, 'NaN', -0.5, 'Infinity', '', '', '', 'infinity', '0044-03-15 BC', '2026-11-22 10:00:00.123456+05:30',
         '-1 year 2 mons -3 days 04:05:06.789', gen_random_uuid(), '{\"a\": [1, null]}', ARRAY['a', NULL, 'x,\"y\"\\z'], '10.0.0.0/8'),
         (2, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
         (3, false, 1e-40, 99999999.99, 4.9e-324, E'a\\tb\\nc\\\\d\"e', 'v', '\\x00ff5c', '-infinity', 'infinity', '-infinity', '0', NULL, 'null', '{}', '::1')"
    local step
    for step in made existing; do
        headrace ingest "$(postgres_uri)?table=kinds" --to "$(postgres_uri)?table=copied" --name "$step" >pull.log 2>&1 || broken "$(tail -n 3 pull.log)"
        contains "$(<pull.log)" "loaded 3"
        equal "$(sql "SELECT k FROM kinds k EXCEPT SELECT c FROM (SELECT id, b, n, n2, f8, t, v, raw, d, ts, tz, iv, u, js, arr, ip FROM copied) c")" ""
        sql "TRUNCATE copied"
    done
    equal "$(sql "SELECT format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 'copied'::regclass AND attname IN ('n2', 'v', 'arr') ORDER BY attname" | tr '\n' ' ')" \
        "text[] numeric(10,2) character varying(9) "
}

test_updates_are_merged_into_a_table() {
    make_orders 200
    local round to
    to="$(postgres_uri)?table=mirror&mode=merge"
    for round in 1 2 3; do
        headrace ingest "$(postgres_uri)?table=orders&watermark=updated_at" --to "$to" --key id --name mirror >>pull.log 2>&1 || broken "$(tail -n 3 pull.log)"
        sql "UPDATE orders SET note = 'round $round', updated_at = now() WHERE id % 7 = $round"
        sleep 1.1
    done
    headrace ingest "$(postgres_uri)?table=orders&watermark=updated_at" --to "$to" --key id --name mirror >>pull.log 2>&1
    equal "$(sql "SELECT count(*) FROM orders o JOIN mirror m USING (id) WHERE (o.updated_at, o.note) = (m.updated_at, m.note)")" 200
    equal "$(sql "SELECT count(*) FROM mirror")" 200
}

test_an_audit_finds_the_window_in_which_rows_are_missing() {
    sql "CREATE TABLE orders (id bigint PRIMARY KEY, updated_at timestamptz NOT NULL)" "CREATE INDEX ON orders (updated_at, id)" \
        "INSERT INTO orders SELECT g, '2026-11-01 00:30:00+00'::timestamptz + g * interval '1 hour' FROM generate_series(0, 239) g"
    headrace ingest "$(postgres_uri)?table=orders" --watermark updated_at --to "$(postgres_uri)" --table mirror --name orders >pull.log 2>&1 ||
        broken "$(<pull.log)"
    sql "INSERT INTO orders VALUES (1000, now() + interval '1 day')" # above the bound: nobody misses it
    ends 0 headrace audit orders
    equal "$out" ""
    contains "$err" "10 windows up to 20"
    equal "$(headrace audit orders --all 2>/dev/null | head -n 1)" "2026-11-01 00:00:00+00	24	24	same"
    sql "DELETE FROM mirror WHERE id IN (30, 31)" "DELETE FROM orders WHERE id = 100"
    ends 1 headrace audit orders --window 1d
    equal "$out" "2026-11-02 00:00:00+00	24	22	missing
2026-11-05 00:00:00+00	23	24	more"
    contains "$err" "1 of them with fewer rows"
    sql 'CREATE TABLE "Upper" ("ID" bigint, "UPDATED_AT" timestamptz)'
    headrace ingest "$(postgres_uri)?table=orders" --watermark updated_at --to "$(postgres_uri)" --table Upper --name upper >pull.log 2>&1
    ends 0 headrace audit upper
    sql 'DROP TABLE "Upper"'
    ends 1 headrace audit upper
    contains "$err" 'is gone, or has no column "updated_at"'
    headrace ingest "$(postgres_uri)?table=orders" --watermark updated_at --to zone --name files >pull.log 2>&1
    ends 1 headrace audit files
    contains "$err" "only tables of a database"
    ends 1 headrace audit nobody
    contains "$err" "has read no table"
}

test_a_table_without_any_watermark_yet_is_told() {
    sql "CREATE TABLE slow (id int PRIMARY KEY, n int)" "INSERT INTO slow VALUES (1, NULL)"
    pull "table=slow&watermark=n"
    contains "$(<pull.log)" "NoWatermark"
    contains "$(<pull.log)" "read 0 "
    sql "INSERT INTO slow VALUES (2, 5)"
    pull "table=slow&watermark=n"
    contains "$(<pull.log)" "read 2 "
    landed slow
    same_rows slow
}

# Without a watermark every run reads everything: one that has done so, and was killed before it could say so, is not run again.
test_a_run_that_was_killed_at_its_very_end_does_not_give_everything_twice() {
    local point
    [[ $HEADRACE_FAULTS ]] || { echo "| no build with fault points: left out"; return 0; }
    sql "CREATE TABLE t AS SELECT generate_series(1, 100) AS id"
    for point in commit.recorded commit.published commit.acknowledged; do
        rm -rf zone .state
        HEADRACE_FAULT=$point:1:kill ends 137 "$HEADRACE_FAULTS" ingest "$(postgres_uri)?table=t" --to zone --compress none --name "$UNIQUE"
        HEADRACE_FAULT=recover.swept:1:kill ends 137 "$HEADRACE_FAULTS" ingest "$(postgres_uri)?table=t" --to zone --compress none --name "$UNIQUE"
        pull table=t
        contains "$(<pull.log)" "read 100 = loaded 100"
        landed t
        same_rows t
        pull table=t
        landed t
        equal "$(count_landed)" 200 "rows after another run that was asked for"
    done
}

test_a_feed_without_a_name_is_called_after_the_place_of_its_table() {
    sql "CREATE SCHEMA old" "CREATE TABLE old.orders (id int PRIMARY KEY)" "INSERT INTO old.orders VALUES (1), (2)" \
        "CREATE DATABASE \"$PGDATABASE.to\""
    printf 'id\n7\n' >orders.csv
    local to="postgres://$PGUSER@$PGHOST:$PGPORT/$PGDATABASE.to"
    ends 0 headrace ingest "$(postgres_uri)?table=old.orders&watermark=id" --to "$to"
    ends 0 headrace ingest orders.csv --to "$to" # another feed, into the table of the same name
    ends 0 headrace ingest "$(postgres_uri)?table=old.orders&watermark=id" --to "$to"
    equal "$(headrace jobs | cut -f 3,5 | sort | uniq -c | tr -s ' ' | tr '\t' ' ' | sed "s/$PGDATABASE/DB/")" \
        " 1 orders 1"$'\n'" 1 postgres.DB.old.orders 0"$'\n'" 1 postgres.DB.old.orders 2"
    equal "$(psql -XAtq -d "$PGDATABASE.to" -c "SELECT string_agg(id::text, ',' ORDER BY id) FROM orders")" "1,2,7"
    psql -XAtq -d postgres -c "DROP DATABASE \"$PGDATABASE.to\" WITH (FORCE)"
}

test_a_pull_by_several_writers_is_exact_through_kills() {
    local run pause from to
    sql "CREATE TABLE source (id int PRIMARY KEY, word text)" \
        "INSERT INTO source SELECT i, md5(i::text) FROM generate_series(1, 400000) i"
    from="$(postgres_uri)?table=source&watermark=id" to="$(postgres_uri)?table=copy&writers=3"
    for pause in 0.2 0.3 0.4 0.6; do
        headrace ingest "$from" --name f --to "$to" --segment-rows 4000 >said 2>&1 &
        run=$!
        sleep $pause
        kill -KILL $run 2>/dev/null || true # a life may be over: all that there was has landed
        wait $run || true
    done
    ends 0 headrace ingest "$from" --name f --to "$to" --segment-rows 4000
    equal "$(sql "SELECT count(*), count(DISTINCT id), bool_and(word = md5(id::text)) FROM copy")" "400000|400000|t"
    # A life that begins after the last row has landed reads the overlap again, and knows it.
    equal "$(headrace jobs | cut -f 4-6 | awk '{ fresh += $1 - $3; loaded += $2 } END { print fresh, loaded }')" "400000 400000"
    sql "INSERT INTO source SELECT i, md5(i::text) FROM generate_series(400001, 400010) i"
    ends 0 headrace ingest "$from" --name f --to "$to"
    equal "$(sql "SELECT count(*), count(DISTINCT id) FROM copy")" "400010|400010"
}
