#!/usr/bin/env bash
# install.sh FOLDER: installs the peers of the versions pinned here into FOLDER (venv, cargo), once, with a log each. What
# cannot be had is written to FOLDER/absent.tsv (name, reason), and stands in the table.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
mkdir -p "$1" && cd "$1" || exit 1
: >absent.tsv
absent() { printf '%s\t%s\n' "$1" "$2" >>absent.tsv; }
export CARGO_TARGET_DIR=$PWD/cargo-target

python() {
    [[ -e venv/done ]] && cmp -s "$here/requirements.txt" venv/done && return
    /usr/bin/python3 -m venv venv && venv/bin/pip install --no-input --require-virtualenv -r "$here/requirements.txt" &&
        cp "$here/requirements.txt" venv/done
}

# crate NAME VERSION BINARY FEATURES...
crate() {
    [[ -x cargo/bin/$3 ]] && return
    cargo install "$1" --version "$2" --locked --root cargo --bin "$3" "${@:4}"
}

# The published qsv 16.1.0 needs a patched json-objects-to-csv that crates.io does not have: the one call of `qsv json`
# that it was patched for goes.
qsv() {
    [[ -x cargo/bin/qsvlite ]] && return
    local source
    crate qsv 16.1.0 qsvlite --features lite && return
    source=$(echo "${CARGO_HOME:-$HOME/.cargo}"/registry/src/*/qsv-16.1.0)
    rm -rf qsv-source && cp -r "$source" qsv-source &&
        sed -i '/\.preserve_key_order(true)/d' qsv-source/src/cmd/json.rs &&
        cargo install --path qsv-source --locked --root cargo --bin qsvlite --features lite
}

touching() {
    [[ -x cargo/bin/touch-fields ]] && return
    cargo install --path "$here/touch" --locked --root cargo
}

python >python.log 2>&1 || absent python "pip cannot install requirements.txt"
if ! command -v cargo >/dev/null; then
    for name in xan qsv csv simd-csv; do absent "$name" "no cargo"; done
else
    crate xan 0.61.0 xan >xan.log 2>&1 || absent xan "cargo install failed"
    qsv >qsv.log 2>&1 || absent qsv "cargo install failed"
    touching >touch.log 2>&1 || { absent csv "cargo install failed"; absent simd-csv "cargo install failed"; }
fi
absent zsv "in no package registry"
g++ -O3 -march=native -std=c++17 "$here/simdjson.cc" -lsimdjson -o simdjson 2>simdjson.log || absent simdjson "no libsimdjson-dev"
cat absent.tsv
