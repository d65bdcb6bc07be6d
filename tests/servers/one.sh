#!/usr/bin/env bash
# one.sh FILE TEST: runs one test in the folder where it is called; run_tests.sh calls it.
set -euo pipefail
export folder=$PWD
. "$SERVERS/lib.sh"
. "$1"

# What it left running ends with it.
end_test() {
    local each
    for each in "${last_deeds[@]}"; do eval "$each" || :; done
    for each in $(jobs -p); do kill -KILL "$each" 2>/dev/null || :; done
}
trap end_test EXIT

# A check says itself what is wrong; of whatever else fails, the command is told.
exec 8>&2
say_where() { printf '%.300s\n' "$1: exit status $2, of: ${3%%$'\n'*}" >&8; }
trap 'say_where "${BASH_SOURCE[0]##*/}:$LINENO" "$?" "$BASH_COMMAND"' ERR
set -E
"$2"
