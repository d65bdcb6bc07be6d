#!/usr/bin/env bash
# run.sh [PROGRAM]: a table is pulled again and again: what is new each time, a transaction that commits late, a second
# database that follows, and a kill -9 in the middle. README.md tells the story.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../feed.sh"
begin postgres "${1-}"

shop=postgres://$PGUSER@$PGHOST:$PGPORT/shop
sql() { psql -XAtq -v ON_ERROR_STOP=1 -d "$@"; }

# ---- a shop -------------------------------------------------------------------------------------------------------------

createdb shop
createdb warehouse
sql shop <<'SQL'
CREATE TABLE orders (
    order_id   bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    customer   text NOT NULL,
    total      numeric(10, 2) NOT NULL,
    note       text,
    updated_at timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX ON orders (updated_at, order_id);
INSERT INTO orders (customer, total, note, updated_at)
SELECT (ARRAY['Miller, Ann', 'O''Neil', 'García', '王小明', 'Smith "Jr."'])[1 + i % 5], (i * 37 % 100000) / 100.0,
       CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN '' ELSE 'leave at door ' || i END, now() - interval '1 day' + i * interval '1 ms'
FROM generate_series(1, 300000) AS i;
SQL

pull=(headrace ingest "$shop?table=orders&watermark=updated_at" --to zone/ --name orders)
landed() { find zone -name '*.zst' -exec zstd -qdc {} + 2>/dev/null | grep -vc '^order_id,' || :; }
# The bound of a run is a second behind the clock of the database.
pass_a_second() { sleep 1.2; }

say "The first pull lands what is there"
show 0 "${pull[@]}"

# ---- a late commit ------------------------------------------------------------------------------------------------------

say "A transaction begins, and is slow: its row has the time of its beginning"
mkfifo slow
sql shop <slow >slow.log &
slow=$!
exec 3>slow
echo "BEGIN; INSERT INTO orders (customer, total) VALUES ('late', 1); SELECT 1;" >&3
until [[ $(sql shop -c "SELECT count(*) FROM pg_stat_activity WHERE datname = 'shop' AND state = 'idle in transaction'") == 1 ]]; do sleep 0.05; done
pass_a_second

say "Others are faster: three orders are committed meanwhile, with later times, and pulled?"
sql shop -c "INSERT INTO orders (customer, total) SELECT 'quick', i FROM generate_series(1, 3) AS i"
pass_a_second
show 0 "${pull[@]}"
echo "Not yet: whoever takes their times as the new bound loses the late one."

say "The slow one commits"
echo "COMMIT;" >&3
exec 3>&-
wait "$slow"
pass_a_second
show 0 "${pull[@]}"
(($(landed) == 300004)) || fail "$(landed) rows in the zone, not 300004"

# ---- updates, and another database --------------------------------------------------------------------------------------

say "A copy in another database is kept up to date by merge; this time headrace is killed in the middle"
copy=(headrace ingest "$shop?table=orders&watermark=updated_at" --to "postgres://$PGUSER@$PGHOST:$PGPORT/warehouse?table=orders&mode=merge&key=order_id" --name copy)
some_rows() { [[ $(sql warehouse -c "SELECT loaded > 0 FROM headrace.checkpoint" 2>/dev/null) == t ]]; }
kill_amid some_rows "${copy[@]}"
echo "There are now $(sql warehouse -c "SELECT count(*) FROM orders") rows in the warehouse. The same command again:"
show 0 "${copy[@]}"

say "A hundred orders are changed, and only those are read"
sql shop -c "UPDATE orders SET total = total + 1, updated_at = now() WHERE order_id % 3000 = 0"
pass_a_second
show 0 "${copy[@]}"

# ---- the account ----------------------------------------------------------------------------------------------------------

say "Is everything there, and the same?"
sum="SELECT count(*), md5(string_agg(o::text, ',' ORDER BY order_id)) FROM (SELECT order_id, customer, total, note, updated_at FROM orders) AS o"
printf 'shop       %s\nwarehouse  %s\n' "$(sql shop -c "$sum")" "$(sql warehouse -c "$sum")"
[[ $(sql shop -c "$sum") == "$(sql warehouse -c "$sum")" ]] || fail "the copy is another one"

say "headrace audit compares both by windows of the watermark; silence is agreement"
show 0 headrace audit copy --window 1h

say "What was done"
show 0 headrace jobs
say "What the zone holds"
find zone -name '*.zst' | sort | head -n 3
