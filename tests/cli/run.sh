#!/usr/bin/env bash
# run.sh PROGRAM [EXAMPLES-FOLDER] [-- NAME...]: runs the transcripts of this folder against a headrace program.
#
# A transcript is a promise, a command line and what comes of it:
#
#     promise 'count prints the number of records' 'headrace count a.csv' <<'END'
#     3
#     ! a line on standard error
#     = 3
#     END
#
# Lines as they are: standard output; "! ": standard error; "= N": the exit status, when it is not 0. Identifiers of jobs
# stand as JOB, times as TIME, the folder of the test as DIR. Each file of transcripts runs in an empty folder of its own, with a state folder
# (XDG_STATE_HOME) in it; `given NAME` writes its standard input to a file there.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
program=$(realpath "${1:?usage: run.sh PROGRAM [EXAMPLES-FOLDER] [-- NAME...]}")
shift
examples=
if [[ ${1-} && $1 != -- ]]; then
    examples=$(realpath "$1")
    shift
fi
export examples
[[ ${1-} == -- ]] && shift
base=$(mktemp -d "${TMPDIR:-/tmp}/headrace-cli.XXXXXX")
trap 'rm -rf "$base"' EXIT
mkdir "$base/bin"
ln -s "$program" "$base/bin/headrace"
export PATH=$base/bin:$PATH LC_ALL=C.UTF-8 TZ=UTC
unset HEADRACE_FAULT

given() { cat >"$folder/$1"; }

normalise() {
    sed -E -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/JOB/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/TIME/g' -e "s|$folder|DIR|g"
}

# The transcript of a command line.
transcript() {
    local rc=0
    (cd "$folder" && eval "$1") </dev/null >"$base/out" 2>"$base/err" || rc=$?
    cat "$base/out"
    [[ ! -s $base/out || -z $(tail -c 1 "$base/out" | tr -d '\n\0') ]] || printf '\n(no newline)\n'
    sed 's/^/! /' "$base/err"
    ((rc == 0)) || echo "= $rc"
}

promise() {
    local expected actual
    expected=$(cat)
    actual=$(transcript "$2" | normalise)
    if [[ $actual == "$expected" ]]; then
        echo pass >>"$base/results"
        return
    fi
    echo fail >>"$base/results"
    printf 'broken promise (%s): %s\n$ %s\n' "$name" "$1" "$2"
    diff -u --label expected --label actual <(printf '%s\n' "$expected") <(printf '%s\n' "$actual") | tail -n +3
}

: >"$base/results"
for file in "$here"/*.sh; do
    name=$(basename "$file" .sh)
    [[ $name != run && ($# -eq 0 || " $* " == *" $name "*) ]] || continue
    folder=$base/$name
    mkdir "$folder"
    (
        export HOME=$folder XDG_STATE_HOME=$folder/state
        # shellcheck disable=SC1090
        . "$file"
    ) || echo fail >>"$base/results"
done
passed=$(grep -c pass "$base/results")
failed=$(grep -c fail "$base/results")
echo "$passed promises kept, $failed broken"
((failed == 0 && passed > 0))
