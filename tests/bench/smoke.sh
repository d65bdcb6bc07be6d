#!/usr/bin/env bash
# smoke.sh PROGRAM PROGRAMS-FOLDER: the benchmarks on files of 1 MB, without peers: the generator always writes the same
# bytes, every task has an answer, and a table is made of it. Times mean nothing here.
set -euo pipefail
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd -P)
program=$(realpath "$1")
programs=$(realpath "$2")
work=$(mktemp -d "${TMPDIR:-/tmp}/headrace-bench.XXXXXX")
trap 'rm -rf "$work"' EXIT
command -v python3 >/dev/null || exit 77
command -v zstd >/dev/null || exit 77
export HEADRACE=$program HEADRACE_BUILD=$programs HEADRACE_BENCH_WORK=$work
"$root/bench/run" --size 1 --runs 1 --no-peers --out "$work/smoke" 2>"$work/log" || { tail -n 20 "$work/log"; exit 1; }

(cd "$work/data-1" && sha256sum -- *.csv *.ndjson) >"$work/hashes"
diff "$root/tests/bench/hashes" "$work/hashes" || { echo "the generator writes other bytes than before"; exit 1; }
if grep -E 'headrace has no answer|Traceback' "$work/log"; then exit 1; fi
for wanted in '## Bars' '| index in RAM' '## count rows' '## Kernels in memory'; do
    grep -qF -- "$wanted" "$work/smoke.md" || { echo "no \"$wanted\" in the table"; exit 1; }
done
grep -q '</svg>' "$work/smoke.svg"
