#!/usr/bin/env bash
# Arrow streams, read through the C interface by the libraries that people use: installs pyarrow, DuckDB and Polars of the
# versions of examples/python/requirements.txt into build/arrow, builds the shared library, runs streams.py and the example.
# Where the libraries cannot be installed this fails: nothing was tested.
set -euo pipefail
root=${HEADRACE_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
place=$root/build/arrow
requirements=$root/examples/python/requirements.txt
mkdir -p "$place"

step() { "$@" >"$place/log" 2>&1 || { tail -n 30 "$place/log"; exit 1; }; }
if ! cmp -s "$requirements" "$place/installed.txt"; then
    rm -rf "$place/venv"
    step python3 -m venv "$place/venv"
    step "$place/venv/bin/pip" install --no-input --disable-pip-version-check -r "$requirements"
    cp "$requirements" "$place/installed.txt"
fi
step cmake -S "$root" -B "$place/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DHR_TESTS=OFF -DHR_SHARED=ON
step cmake --build "$place/build" --target headrace_shared --parallel "$(nproc)"

export HEADRACE_LIBRARY=$place/build/libheadrace.so PYTHONDONTWRITEBYTECODE=1
"$place/venv/bin/python" "$root/tests/arrow/streams.py"
# What the example prints stands in its README.
sed -n '/^    \$ python3 read.py/,/^$/p' "$root/examples/python/README.md" | sed '1d; /^$/d; s/^    //' >"$place/expected"
[[ -s $place/expected ]]
"$place/venv/bin/python" "$root/examples/python/read.py" | diff -u "$place/expected" -
