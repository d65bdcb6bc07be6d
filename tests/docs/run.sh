#!/usr/bin/env bash
# run.sh PROGRAM [COMPILER [FILE...]]: does what the documents show and compares what comes of it.
#
# A block that begins with ```console is a session: a line "$ COMMAND" is run ("> " continues it), the lines below it are
# what it must print on both outputs. The sessions of a document are one shell in one empty folder, which the document calls
# /data. Identifiers, times, dates and blanks are made equal before they are compared; a command that needs a
# program which is not installed is passed over. A block that begins with ```c and has a main must compile without a warning.
set -uo pipefail
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
root=$(cd "$here/../.." && pwd -P)
program=$(realpath "${1:?usage: run.sh PROGRAM [COMPILER [FILE...]]}")
compiler=${2:-cc}
shift $(($# < 2 ? $# : 2))
(($#)) || set -- "$root/README.md" "$root"/docs/*.md
base=$(mktemp -d "${TMPDIR:-/tmp}/headrace-docs.XXXXXX")
trap 'rm -rf "$base"' EXIT
mkdir "$base/bin"
ln -s "$program" "$base/bin/headrace"
export PATH=$base/bin:$PATH LC_ALL=C.UTF-8 TZ=UTC
unset HEADRACE_FAULT
kept=0 broken=0 last=0

# What differs from run to run, in what is read from standard input.
normalise() {
    sed -E -e "s|$folder|/data|g" -e 's/[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}/JOB/g' \
        -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}(\.[0-9]+)?Z/TIME/g' -e 's/[0-9]{4}-[0-9]{2}-[0-9]{2}/DATE/g' \
        -e 's/[[:blank:]]+/ /g' -e 's/ $//'
}

runnable() {
    local tool
    for tool in sqlite3 jq zstdcat iconv; do
        [[ " ${1//[|(]/ } " != *" $tool "* ]] || command -v "$tool" >/dev/null || return 1
    done
}

ended() { return "$1"; }

# Runs `command` in the shell of the document and compares.
settle() {
    [[ $command ]] || return 0
    if runnable "$command"; then
        # Not in a subshell: variables and the folder stay for the next command.
        cd "$folder" || exit 1
        ended "$last" # the next command may look at it
        eval "$command" </dev/null >"$base/out" 2>&1
        last=$?
        cd "$root" || exit 1
        if [[ $(normalise <"$base/out") == "$(printf '%s' "$expected" | normalise)" ]]; then
            kept=$((kept + 1))
        else
            broken=$((broken + 1))
            printf 'broken promise (%s): $ %s\n' "${document#"$root"/}" "$command"
            diff -u --label document --label program <(printf '%s' "$expected" | normalise) <(normalise <"$base/out") | tail -n +3
        fi
    fi
    command=
}

compile() {
    [[ $(<"$base/block.c") == *"int main("* ]] || return 0
    if "$compiler" -std=c17 -Wall -Wextra -Werror -I"$root/include" -c -o "$base/block.o" "$base/block.c"; then
        kept=$((kept + 1))
    else
        broken=$((broken + 1))
        printf 'broken promise (%s): a program that compiles\n' "${document#"$root"/}"
    fi
}

# One document, read line by line.
check() {
    local line block='' command='' expected=''
    while IFS= read -r line || [[ $line ]]; do
        case $block,$line in
        ,'```console') block=console ;;
        ,'```c') block=c && : >"$base/block.c" ;;
        ,'```'*) block=other ;;
        console,'```') settle && block='' ;;
        c,'```') compile && block='' ;;
        other,'```') block='' ;;
        c,*) printf '%s\n' "$line" >>"$base/block.c" ;;
        console,'$ '*)
            settle
            command=${line#'$ '} expected=
            ;;
        console,'> '*) command+=$'\n'${line#'> '} ;;
        console,*) expected+=$line$'\n' ;;
        esac
    done <"$document"
    if [[ $block ]]; then
        broken=$((broken + 1))
        printf 'broken promise (%s): a block that ends\n' "${document#"$root"/}"
    fi
}

for document in "$@"; do
    document=$(realpath "$document")
    folder=$base/$(basename "$document" .md)
    mkdir "$folder"
    export HOME=$folder XDG_STATE_HOME=$folder/.state
    check
done
echo "$kept promises kept, $broken broken"
((broken == 0 && kept > 0))
