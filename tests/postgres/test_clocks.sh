# test_clocks.sh: clocks that are wrong (libfaketime): that of headrace, which decides nothing, and that of the server.
# shellcheck shell=bash disable=SC2154,SC2317

# Writers that commit late, pulls, and what was landed.
. "$SERVERS/../postgres/test_late_commits.sh"

library() { compgen -G '/usr/lib/*/faketime/libfaketime.so.1'; }

# A server of our own that takes the time from the file `clock`: "+1h".
skewed_server() { # OFFSET
    local program
    mkdir bin
    for program in initdb pgbench; do ln -s "$PG_BIN/$program" bin/; done
    printf '#!/usr/bin/env bash\nLD_PRELOAD=%q exec %q "$@"\n' "$(library)" "$PG_BIN/postgres" >bin/postgres
    chmod +x bin/postgres
    echo "$1" >clock
    chmod 644 clock
    FAKETIME_TIMESTAMP_FILE=$PWD/clock FAKETIME_NO_CACHE=1 FAKETIME_DONT_FAKE_MONOTONIC=1 HR_POSTGRES_BIN=$PWD/bin \
        "$SERVERS/postgres.sh" start "$folder/own" --fsync off
    at_end "$SERVERS/postgres.sh" stop "$folder/own"
    . "$folder/own/env"
}
off_by() { # HOURS: those of the server
    equal "$(sql "SELECT round(extract(epoch FROM clock_timestamp() - to_timestamp($(date +%s))) / 3600)")" "$1"
}

test_the_clock_of_headrace_decides_nothing() {
    library >/dev/null || { echo "| libfaketime is not installed: left out"; return 0; }
    local clock=0
    make_events "now()"
    # Two days ahead, and two behind, in turn.
    pull() {
        clock=$((1 - clock))
        FAKETIME_DONT_FAKE_MONOTONIC=1 LD_PRELOAD=$(library) FAKETIME=$([[ $clock == 1 ]] && echo +2d || echo -2d) \
            headrace ingest "$1" --to zone --compress none --name "$UNIQUE" >>pull.log 2>&1 || broken "$(tail -n 3 pull.log)"
    }
    writers 6 "now()" &
    pull_while $! "$(postgres_uri)?table=event&watermark=updated_at&lag=50ms"
    landed
    nothing_is_missing
    nothing_came_twice
    grep -q 'PullOverlaps\|BoundBehind' pull.log && broken "$(<pull.log)"
    tell "headrace's clock two days off"
}

test_a_server_may_live_in_another_year() {
    library >/dev/null || { echo "| libfaketime is not installed: left out"; return 0; }
    skewed_server -9000h
    off_by -9000
    make_events "now()"
    writers 6 "now()" &
    pull_while $! "$(postgres_uri)?table=event&watermark=updated_at&lag=50ms"
    landed
    nothing_is_missing
    nothing_came_twice
    tell "the server's clock a year off"
    # The same for rows that are loaded there.
    awk 'BEGIN { print "id"; for (i = 0; i < 10000; i++) print i }' >rows.csv
    headrace ingest rows.csv --segment-rows 1000 --to "$(postgres_uri)?table=t"
    equal "$(sql "SELECT count(*), count(DISTINCT id) FROM t")" "10000|10000"
}

test_a_clock_that_is_set_forward_while_pulls_run_loses_nothing() {
    library >/dev/null || { echo "| libfaketime is not installed: left out"; return 0; }
    skewed_server +0
    make_events "now()"
    writers 6 "now()" &
    local writer=$!
    {
        sleep 2
        echo +1h >clock
        sleep 2
        echo +3h >clock
    } &
    pull_while $writer "$(postgres_uri)?table=event&watermark=updated_at&lag=50ms"
    off_by 3
    landed
    nothing_is_missing
    nothing_came_twice
}

# Rows get times that were read already: that is told, and a lookback finds them, and merges what it finds again.
test_a_clock_that_is_set_back_is_told_and_a_lookback_makes_up_for_it() {
    library >/dev/null || { echo "| libfaketime is not installed: left out"; return 0; }
    local uri
    skewed_server +1h
    make_events "now()"
    uri="$(postgres_uri)?table=event&watermark=updated_at&lag=50ms"
    sql "INSERT INTO event (note) SELECT 'before' FROM generate_series(1, 100)"
    sleep 0.2
    pull "$uri"
    echo +0 >clock
    sql "INSERT INTO event (note) SELECT 'after' FROM generate_series(1, 100)"
    sleep 0.2
    pull "$uri"
    contains "$(<pull.log)" "BoundBehind"
    contains "$(<pull.log)" "lookback"
    # The clock is where it was again.
    echo +61m >clock
    sql "INSERT INTO event (note) SELECT 'later' FROM generate_series(1, 100)"
    sleep 0.2
    pull "$uri"
    pull "$uri&lookback=2h"
    landed
    nothing_is_missing
    # The first runs gave nothing twice, and so had no need to know what they landed: in a table it is merged.
    contains "$(<pull.log)" "KeysIncomplete"
    merge() { headrace ingest "$1" --to "$(postgres_uri)?table=merged&mode=merge&key=id" --name merged >/dev/null 2>&1; }
    merge "$uri"
    merge "$uri&lookback=2h"
    equal "$(sql "SELECT count(*), count(DISTINCT id) FROM merged")" "300|300"
}
