#!/bin/sh
# run.sh: runs the checks of the kernels on CPUs that are not this one, by qemu-user: arm64 with NEON, and old and
# stripped x86-64 ones, on which no instruction too new may be chosen. Skips, saying so, what has no emulator here.
# Usage: tests/neon/run.sh [BUILD_DIR]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$(mktemp -d)}
mkdir -p "$build"
flags="-std=gnu17 -O3 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wshadow -fno-strict-aliasing -static"

# compile COMPILER: the program for its CPUs, where it is installed.
compile() {
    command -v "$1" >/dev/null || return 0
    # shellcheck disable=SC2086 # flags are a list of words
    "$1" $flags -I"$root" -I"$root/include" -o "$build/kernels-$1" \
        "$root/tests/neon/main.c" "$root"/simd/*.c \
        "$root"/core/json/plan.c "$root"/core/json/text.c "$root"/core/json/exact.c "$root"/core/json/cells.c "$root"/core/json/scan.c \
        "$root"/core/base/error.c "$root"/core/base/memory.c "$root"/core/base/uri_host.c
}

# check NAME COMPILER EMULATOR EXPECTED
check() {
    name=$1 compiler=$2 emulator=$3 expected=$4
    if ! command -v "$compiler" >/dev/null || ! command -v "${emulator%% *}" >/dev/null; then
        echo "skip $name: needs $compiler and ${emulator%% *}"
        return 0
    fi
    echo "== $name"
    # shellcheck disable=SC2086 # the emulator's options are a list of words
    $emulator "$build/kernels-$compiler" "$expected"
}

compile aarch64-linux-gnu-gcc
compile gcc
# Two at a time.
result=0
check "arm64" aarch64-linux-gnu-gcc qemu-aarch64 neon >"$build/arm64.log" 2>&1 &
arm64=$!
check "x86-64 without SSE4.2" gcc "qemu-x86_64 -cpu qemu64,-sse4.2,-pclmulqdq,-avx,-avx2" scalar || result=1
check "x86-64 with SSE4.2, without PCLMULQDQ" gcc "qemu-x86_64 -cpu Nehalem" scalar || result=1
check "x86-64 with SSE4.2 and PCLMULQDQ" gcc "qemu-x86_64 -cpu Westmere" sse42 || result=1
wait "$arm64" || result=1
cat "$build/arm64.log"
exit "$result"
