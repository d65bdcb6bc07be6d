#!/usr/bin/env bash
# What is installed can be used: headers from C and C++, the archive and the shared library by pkg-config, the program, which
# finds its modules; and the shared library exports what begins with hr_ and stands in a public header, nothing else.
set -euo pipefail
root=${HEADRACE_ROOT:-$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)}
cd "$root"
place=$(mktemp -d)
trap 'rm -rf "$place"' EXIT

step() { "$@" >>"$place/log" 2>&1 || { tail -n 30 "$place/log"; exit 1; }; }
step cmake -S . -B "$place/build" -G Ninja -DCMAKE_BUILD_TYPE=Release -DHR_TESTS=OFF -DHR_SHARED=ON
step cmake --build "$place/build" --parallel "$(nproc)"
step cmake --install "$place/build" --prefix "$place/usr"

library=$(find "$place/usr" -name libheadrace.a -printf '%h\n')
export PKG_CONFIG_PATH=$library/pkgconfig
version=$(sed -nE 's/^#define HR_VERSION "(.*)"/\1/p' include/headrace/headrace.h)
[[ $(pkg-config --modversion headrace) == "$version" ]]
[[ $("$place/usr/bin/headrace" --version) == *"$version"* ]]
[[ $(readlink "$library/libheadrace.so.${version%%.*}") == "libheadrace.so.$version" ]]

printf 'name,size\nEmmer,3\n"Dinkel ""rot""",4\n' >"$place/grain.csv"
expected="2 rows, 17 bytes in the first column"
read -ra flags < <(pkg-config --cflags headrace)
read -ra static < <(pkg-config --libs --static headrace | sed 's/-lheadrace/-l:libheadrace.a/')
read -ra shared < <(pkg-config --libs headrace)
gcc -std=c11 -Wall -Werror "${flags[@]}" tests/install/consumer.c "${static[@]}" -o "$place/static"
g++ -std=c++17 -xc++ -Wall -Werror "${flags[@]}" tests/install/consumer.c "${shared[@]}" -o "$place/shared"
for which in static shared; do
    printed=$(LD_LIBRARY_PATH=$library "$place/$which" "$place/grain.csv")
    [[ $printed == "$expected" ]] || { echo "$which: $printed, not $expected"; exit 1; }
done

# Nobody listens on port 1: a module that is there is loaded and fails to connect; one that is not is asked for.
refused() { # URI TEXT
    local said
    if said=$("$place/usr/bin/headrace" ingest "$place/grain.csv" --to "$1" --ledger "$place/ledger.db" 2>&1); then
        echo "rows went to $1"
        exit 1
    fi
    [[ $said == *"$2"* ]] || { echo "$1: \"$2\" is not in: $said"; exit 1; }
}
modules=$library/headrace
[[ -e $modules/headrace-postgres.so && -e $modules/headrace-kafka.so ]] || { echo "modules are not in $modules"; exit 1; }
refused 'postgres://nobody@127.0.0.1:1/none?table=grain&connect_timeout=2' 'onnection refused'
mv "$modules/headrace-postgres.so" "$place"
refused 'postgres://nobody@127.0.0.1:1/none?table=grain' "there is no headrace-postgres.so in $place/usr/bin"
mv "$place/headrace-postgres.so" "$modules"

exported=$(nm -D --defined-only "$library/libheadrace.so" | awk '{ print $NF }' | sed 's/@.*//' | sort)
declared=$(cat include/headrace/*.h | grep -E '^HR_API ' | grep -oE 'hr_[a-z0-9_]+\(' | tr -d '(' | sort)
difference=$(comm -3 <(printf '%s\n' "$exported") <(printf '%s\n' "$declared"))
if [[ $difference ]]; then
    printf 'exported but not declared (left), declared but not exported (right):\n%s\n' "$difference"
    exit 1
fi
for file in bin/headrace include/headrace/job.h share/man/man1/headrace.1 share/bash-completion/completions/headrace \
    share/zsh/site-functions/_headrace share/doc/headrace/LICENSE; do
    [[ -s $place/usr/$file ]] || { echo "not installed: $file"; exit 1; }
done
