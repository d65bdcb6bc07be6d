#!/usr/bin/env bash
# manifest.sh GENERATE FOLDER BYTES: makes the eight files of that size in FOLDER, and gzip and zstd forms of cities,
# where they are not there yet; sizes and hashes stand in FOLDER/manifest.tsv.
set -euo pipefail
generate=$(realpath "$1")
folder=$2
bytes=$3
mkdir -p "$folder"
cd "$folder"

# keep NAME COMMAND...: the output of a command as a file, whole or not at all.
keep() {
    local name=$1
    shift
    [[ -s $name ]] && return
    "$@" >"$name.part"
    mv "$name.part" "$name"
    echo "made $name, $(stat -c %s "$name") bytes" >&2
}

[[ ! -e bytes || $(<bytes) == "$bytes" ]] || rm -f ./*.csv ./*.ndjson ./*.gz ./*.zst manifest.tsv
echo "$bytes" >bytes
for shape in cities taxi quoted wide longtext; do keep "$shape.csv" "$generate" "$shape" "$bytes"; done
for shape in events orders tweets; do keep "$shape.ndjson" "$generate" "$shape" "$bytes"; done
for shape in cities taxi quoted; do keep "$shape-stray.csv" "$generate" "$shape" "$bytes" stray; done
keep small.csv "$generate" cities 1000
packer=$(command -v pigz || command -v gzip)
keep cities.csv.gz "$packer" -6 -c cities.csv
keep cities.csv.zst zstd -3 -q -c cities.csv
[[ -s manifest.tsv ]] || stat -c '%n	%s' ./*.csv ./*.ndjson ./*.gz ./*.zst | sed 's|^\./||' >manifest.tsv
