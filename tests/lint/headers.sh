#!/usr/bin/env bash
# Every header compiles alone, as C17; the public ones as C++17 too, and all without a warning. A header that says in its
# first lines "Included by" or "Included after" is an algorithm written once for several instruction sets, and exempt.
. "$(dirname "$0")/common.sh"
warnings=(-Wall -Wextra -Wpedantic -Wconversion -Wshadow -Werror -Iinclude -I. -D_GNU_SOURCE -fsyntax-only)
# Of the libraries that only some connectors need.
read -r -a libraries <<<"$(pkg-config --cflags libpq rdkafka 2>/dev/null | sed 's/-I/-isystem /g')"

alone() {
    local header=$1 text
    if ! text=$("${@:2}" "${warnings[@]}" "${libraries[@]}" -include "$header" - <<<'typedef int not_empty;' 2>&1); then
        fault "$header does not compile alone (${*:2}):"
        head -n 5 <<<"$text"
    fi
}

while IFS= read -r header; do
    [[ $header == *.h ]] || continue
    head -n 3 "$header" | grep -qE 'Included (by|after)' && continue
    alone "$header" gcc -std=c17 -xc
    case $header in include/*) alone "$header" g++ -std=c++17 -xc++ ;; esac
done < <(c_files include core simd connectors tools)
finish
