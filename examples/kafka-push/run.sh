#!/usr/bin/env bash
# run.sh [PROGRAM [BUILD-DIR]]: a file is pushed to a topic by somebody who is killed in the middle, and the topic is read into
# a raw zone by somebody else, with messages that are none. README.md tells the story. BUILD-DIR is where tests/servers/kafka_tool
# is, which plays the other programs at the broker.
set -euo pipefail
. "$(dirname "${BASH_SOURCE[0]}")/../feed.sh"
tool=${2:-$root/build/test}/tests/servers/kafka_tool
[[ -x $tool ]] || { echo "there is no $tool (./dev build test makes it)" >&2; exit 2; }
tool=$(realpath "$tool")
begin kafka "${1-}"

broker() { "$tool" "$KAFKA" "$@"; }
committed() { broker consume orders --committed --values 2>/dev/null | wc -l; }
topic=kafka://$KAFKA/orders

broker create orders 4
broker create orders.dead

# ---- a file to a topic --------------------------------------------------------------------------------------------------

awk 'BEGIN {
    print "order_id,customer,total,note"
    split("\"Miller, Ann\";O'"'"'Neil;García;王小明;\"Smith \"\"Jr.\"\"\"", who, ";")
    for (i = 1; i <= 200000; i++) printf "%d,%s,%d.%02d,%s\n", i, who[1 + i % 5], i * 37 % 1000, i % 100, i % 4 ? "leave at door " i : ""
}' >orders.csv

say "A file of 200,000 orders is pushed to a topic of four partitions, and headrace is killed in the middle"
push=(headrace ingest orders.csv --to "$topic?key=order_id&value=ndjson" --segment-rows 20000)
some_messages() { headrace jobs --feed orders --json 2>/dev/null | grep -q '"loaded":[1-9]'; }
kill_amid some_messages "${push[@]}"
echo "Readers of committed messages now see $(committed). The same command again:"
show "$again" "${push[@]}"
echo "and they see $(committed), with $(broker consume orders --committed --values | sort -u | wc -l) different values"
(($(broker consume orders --committed --values | sort -u | wc -l) == 200000)) || fail "messages were lost"
(($(committed) == 200000)) || fail "messages came twice"

# ---- a topic to a zone --------------------------------------------------------------------------------------------------

say "Another program writes to the topic, too, and one of its messages is cut short"
others=$(printf '%s\n' '{"order_id":"200001","customer":"Bo","total":"5.00","note":"gift"}' '{"order_id":"200002","customer":"Cy", "tot' \
    '{"order_id":"200003","customer":"Dee","total":"6.50","note":null}')
printf '%s\n' "$others" | broker lines orders
printf '%s\n' "$others"

say "The topic is read into a raw zone. Where to begin is never guessed:"
pull=(headrace ingest "$topic?until=end&dead-letter=orders.dead" --to zone/ --name orders-landed)
show 1 "${pull[@]}"
say "from its beginning, then"
show 3 "${pull[@]}" --from earliest

say "Why was a message rejected, and what was in it?"
show 0 headrace errors "$(headrace jobs --feed orders-landed --limit 1 | cut -f 1)"
say "It is also in the dead-letter topic, with what is known about it:"
broker consume orders.dead --headers

say "More messages come; only those are read, also by a run that is killed and started again"
broker produce orders 300000 --size 120
some_segments() { (($(find zone -name '*.zst' 2>/dev/null | wc -l) > before)); }
before=$(find zone -name '*.zst' | wc -l)
kill_amid some_segments "${pull[@]}" --segment-rows 50000
show 0 "${pull[@]}" --segment-rows 50000
rows=$(find zone -name '*.zst' -exec zstd -qdc {} + | wc -l)
different=$(find zone -name '*.zst' -exec zstd -qdc {} + | sort -u | wc -l)
printf '\nmessages %d; rows in the zone %d; different ones %d\n' $((200000 + 3 + 300000)) "$rows" "$different"
((rows == 500002 && different == 500002)) || fail "rows were lost or came twice"

say "What was done, and how far the group is"
show 0 headrace jobs
broker offsets headrace-orders-landed orders | cut -f 1,2
