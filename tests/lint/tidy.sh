#!/usr/bin/env bash
# clang-tidy by .clang-tidy over the compile commands of build/debug. Slow: runs only when it is named.
. "$(dirname "$0")/common.sh"
[[ -e build/debug/compile_commands.json ]] || { echo "no build/debug; run ./dev build debug first"; exit 2; }
fault_lines < <(c_files core simd connectors tools | grep '\.c$' | xargs -r -n 4 -P "$(nproc)" clang-tidy --quiet -p build/debug 2>/dev/null |
    grep -E '(warning|error):' | sort -u)
finish
