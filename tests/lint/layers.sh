#!/usr/bin/env bash
# Dependencies point one way: simd <- core <- connectors <- tools; public headers stand alone; core knows no network.
. "$(dirname "$0")/common.sh"

# "file<TAB>included", with paths relative to the including file resolved.
includes() {
    c_files "$@" | xargs -r grep -HoE '^[[:space:]]*#[[:space:]]*include[[:space:]]*"[^"]+"' |
        sed -E 's/^([^:]+):.*"([^"]+)"$/\1\t\2/' |
        while IFS=$'\t' read -r file name; do
            if [[ -e $(dirname "$file")/$name ]]; then name=$(realpath -s --relative-to=. "$(dirname "$file")/$name"); fi
            printf '%s\t%s\n' "$file" "${name#include/}"
        done
}

# check FOLDER ALLOWED...: files of FOLDER include only from the allowed folders.
check() {
    local folder=$1 file name allowed
    shift
    while IFS=$'\t' read -r file name; do
        for allowed in "$@"; do
            [[ $name == "$allowed"/* ]] && continue 2
        done
        fault "$file includes \"$name\"; $folder may include only from: $*"
    done < <(includes "$folder")
}

check include headrace
check simd simd
check core headrace simd core
check connectors headrace simd core connectors
check tools headrace simd core connectors tools

network='curl/|libpq|postgresql/|librdkafka|libssh|microhttpd|sys/socket|netinet/|netdb\.h|arpa/inet|openssl/ssl'
fault_lines < <(c_files core simd include | xargs -r grep -nE "#[[:space:]]*include[[:space:]]*[<\"]($network)" | sed 's/$/  (a network header below connectors)/')
finish
