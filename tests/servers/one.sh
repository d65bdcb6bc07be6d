#!/usr/bin/env bash
# one.sh FILE TEST: runs one test in the folder where it is called; run_tests.sh calls it.
set -euo pipefail
export folder=$PWD
. "$SERVERS/lib.sh"
. "$1"
# What it left running ends with it.
trap 'for each in $(jobs -p); do kill -KILL "$each" 2>/dev/null || :; done' EXIT
"$2"
