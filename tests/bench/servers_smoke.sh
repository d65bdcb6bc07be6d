#!/usr/bin/env bash
# servers_smoke.sh PROGRAM BUILD-DIR WORK CONTEST...: bench/servers with tiny files, without peers, at a server of its own: every
# program gives the right answer, and a table is made of it. Times mean nothing here.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
HEADRACE=$(realpath "$1") HEADRACE_BUILD=$(realpath "$2") HEADRACE_BENCH_WORK=$3
export HEADRACE HEADRACE_BUILD HEADRACE_BENCH_WORK
shift 3
log=$HEADRACE_BENCH_WORK/log made=$HEADRACE_BENCH_WORK/smoke
"$root/bench/servers/run" --rows 2000 --messages 2000 --runs 1 --no-peers --out "$made" "$@" 2>"$log" || { tail -n 20 "$log"; exit 1; }
if grep -E ': (absent|fails|wrong)|instead of|Traceback' "$log"; then exit 1; fi
for contest in "$@"; do
    if [[ $contest == damaged ]]; then
        grep -F '| 100,000 orders, ten damaged |' "$made.md" | grep -F '| met |'
    else
        grep -E "^## .*\`$contest\`" "$made.md"
        grep -cE "^$contest: headrace.*: [0-9.]+ s, client" "$log"
    fi
done
