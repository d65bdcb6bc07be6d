#!/usr/bin/env bash
# A lint that cannot fail proves nothing: each is shown a copy of the tree with one fault and must name it.
. "$(dirname "$0")/common.sh"
copy=$(mktemp -d) || exit 2
trap 'rm -rf "$copy"' EXIT

# fresh: an empty tree with what lints need.
fresh() {
    rm -rf "${copy:?}"/*
    mkdir -p "$copy"/{include/headrace,core/base,simd,connectors/file,tools/headrace,tests,.ci,built/modules,built/CMakeFiles/headrace.dir/core/base}
    cp .clang-format "$copy"
    cp include/headrace/headrace.h "$copy/include/headrace"
    printf '#!/usr/bin/env bash\necho fine\n' >"$copy/dev"
}

# expect LINT TEXT: the lint fails on the copy and its report holds TEXT.
expect() {
    local report rc=0
    report=$(LINT_ROOT=$copy LINT_BUILT=$copy/built tests/lint/"$1".sh 2>&1) || rc=$?
    if ((rc != 1)) || [[ $report != *"$2"* ]]; then
        fault "lint $1 did not report \"$2\" (exit $rc): $report"
    fi
}

# object PATH CODE: an object file for the symbols lint.
object() { gcc -std=c17 -O0 -c -xc -o "$copy/built/CMakeFiles/headrace.dir/$1" - <<<"$2" || fault "cannot compile the proof for $1"; }

fresh
printf '/* a.h: a. */\n#include "core/base/base.h"\n' >"$copy/simd/a.h"
expect layers 'simd may include only from'
fresh
printf '/* a.c: a. */\n#include "connectors/registry.h"\n' >"$copy/core/base/a.c"
expect layers 'core may include only from'
fresh
printf '/* a.c: a. */\n#include "../../tools/headrace/args.h"\n' >"$copy/connectors/file/a.c"
touch "$copy/tools/headrace/args.h"
expect layers 'connectors may include only from'
fresh
printf '/* a.c: a. */\n#include <curl/curl.h>\n' >"$copy/core/base/a.c"
expect layers 'a network header below connectors'
fresh
printf '/* a.h: a. */\nint hr_a(uint8_t byte);\n' >"$copy/core/base/a.h"
expect headers 'core/base/a.h does not compile alone'
fresh
printf '/* a.h: a. */\nint hr_a(int new);\n' >"$copy/include/headrace/a.h"
expect headers 'g++'

fresh
object core/base/a.c.o 'int other(void) { return 1; }'
expect symbols 'defines other'
for call in 'extern int printf(const char *, ...); void hr_a(void) { printf("a%d", 1); }' \
    'extern void exit(int); void hr_a(void) { exit(1); }' 'extern void abort(void); void hr_a(void) { abort(); }' \
    'extern char *getenv(const char *); char *hr_a(void) { return getenv("A"); }' \
    'extern void *malloc(unsigned long); void *hr_a(void) { return malloc(1); }'; do
    fresh
    object core/base/a.c.o "$call"
    expect symbols ' uses '
done
fresh
mkdir -p "$copy/built/CMakeFiles/connector_b.dir"
object ../connector_b.dir/b.c.o 'int other(void) { return 1; }'
expect symbols 'connector_b.dir/b.c.o'
fresh
gcc -shared -fPIC -xc -o "$copy/built/modules/headrace-b.so" - <<<'int hr_connector_module_entry, hr_malloc_of_its_own;'
expect symbols 'headrace-b.so shows hr_malloc_of_its_own'
fresh
gcc -shared -fPIC -xc -o "$copy/built/libpq.so" -Wl,-soname,libpq.so.5 - <<<'int pq;'
gcc -xc -o "$copy/built/headrace" - -xnone -Wl,--no-as-needed "$copy/built/libpq.so" <<<'int main(void) { return 0; }'
expect symbols 'headrace needs libpq.so.5'

fresh
printf 'int hr_a(void);\n' >"$copy/core/base/a.h"
expect texts 'does not begin with'
fresh
printf '/* a.h: a. */\n\tint hr_a(void);\n' >"$copy/core/base/a.h"
expect texts 'a tab'
fresh
printf '/* a.h: a. */\nint hr_a(void); \n' >"$copy/core/base/a.h"
expect texts 'space at the end'
fresh
printf '/* a.h: a. */\n/* TO%s: all */\n' DO >"$copy/core/base/a.h"
expect texts 'DO: all'
fresh
printf '/* a.h: a. */\n/* see /ho%s/somebody */\n' me >"$copy/core/base/a.h"
expect texts 'somebody'
fresh
printf '/* a.h: a. */\n/* %0120d */\n' 0 >"$copy/core/base/a.h"
expect texts '126 columns'
fresh
{ printf '/* a.c: a. */\n' && yes 'int hr_a;' | head -n 500; } >"$copy/core/base/a.c"
expect texts 'one responsibility'
fresh
printf '[a](docs/nowhere.md) and [b](https://example.org/x)\n' >"$copy/README.md"
expect texts 'links to docs/nowhere.md'
fresh
mkdir -p "$copy/bench/results"
printf '| count rows | 6.4 |\n' >"$copy/bench/results/a.snippet.md"
touch "$copy/bench/results/a.md"
printf '[a](bench/results/a.md)\n| count rows | 6.5 |\n' >"$copy/README.md"
expect texts 'README.md does not have this row'

fresh
mkdir -p "$copy/docs" "$copy/tools/completions"
# shellcheck disable=SC2016 # for the program
printf '#!/bin/sh\necho "$2"\n' >"$copy/program"
chmod +x "$copy/program"
echo --man >"$copy/docs/headrace.1"
echo other >"$copy/docs/options.md"
LINT_PROGRAM=./program expect generated 'docs/options.md is not what'
LINT_PROGRAM=./program expect generated 'tools/completions/_headrace is missing'

fresh
# shellcheck disable=SC2016 # the fault is meant
printf '#!/usr/bin/env bash\ncd $1\n' >"$copy/dev"
expect scripts 'SC2086'

if [[ $(tests/lint/format.sh 2>&1) != *'not judged'* ]]; then
    fresh
    printf '/* a.c: a. */\nint hr_a( void ){return 1;}\n' >"$copy/core/base/a.c"
    expect format 'core/base/a.c'
fi
finish
