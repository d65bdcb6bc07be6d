#!/bin/sh
# run.sh: runs the checks of the kernels on CPUs that are not this one, by qemu-user: arm64 with NEON, and old and
# stripped x86-64 ones, on which no instruction too new may be chosen. Skips, saying so, what has no emulator here.
# Usage: tests/neon/run.sh [BUILD_DIR]
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
build=${1:-$(mktemp -d)}
mkdir -p "$build"
flags="-std=gnu17 -O3 -D_GNU_SOURCE -Wall -Wextra -Wconversion -Wshadow -fno-strict-aliasing -static"

built= # the compiler of the last program
# check NAME COMPILER EMULATOR EXPECTED...
check() {
    name=$1 compiler=$2 emulator=$3 expected=$4
    if ! command -v "$compiler" >/dev/null || ! command -v "${emulator%% *}" >/dev/null; then
        echo "skip $name: needs $compiler and ${emulator%% *}"
        return 0
    fi
    program="$build/kernels-$compiler"
    # shellcheck disable=SC2086 # flags and the emulator's options are lists of words
    [ "$compiler" = "$built" ] || "$compiler" $flags -I"$root" -I"$root/include" -o "$program" \
        "$root/tests/neon/main.c" "$root"/simd/*.c \
        "$root"/core/json/plan.c "$root"/core/json/text.c "$root"/core/json/exact.c "$root"/core/json/cells.c "$root"/core/json/scan.c \
        "$root"/core/base/error.c "$root"/core/base/memory.c "$root"/core/base/uri_host.c
    built=$compiler
    echo "== $name"
    # shellcheck disable=SC2086
    $emulator "$program" "$expected"
}

check "arm64" aarch64-linux-gnu-gcc qemu-aarch64 neon
check "x86-64 without SSE4.2" gcc "qemu-x86_64 -cpu qemu64,-sse4.2,-pclmulqdq,-avx,-avx2" scalar
check "x86-64 with SSE4.2, without PCLMULQDQ" gcc "qemu-x86_64 -cpu Nehalem" scalar
check "x86-64 with SSE4.2 and PCLMULQDQ" gcc "qemu-x86_64 -cpu Westmere" sse42
