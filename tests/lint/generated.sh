#!/usr/bin/env bash
# What the program can say about itself and the repository holds as files is the same: reference, manual page and
# completions. With --write the files are made anew.
. "$(dirname "$0")/common.sh"
program=${LINT_PROGRAM:-build/release/headrace}
[[ -x $program ]] || { echo "no $program; run ./dev build first"; exit 2; }

same() { # FILE FLAGS...
    local file=$1
    shift
    if [[ ${write-} ]]; then
        mkdir -p "$(dirname "$file")"
        "$program" help "$@" >"$file" || fault "headrace help $* failed"
    elif [[ ! -e $file ]]; then
        fault "$file is missing (tests/lint/generated.sh --write)"
    elif ! "$program" help "$@" | cmp -s - "$file"; then
        fault "$file is not what headrace help $* prints (tests/lint/generated.sh --write)"
    fi
}

write=$([[ ${1-} == --write ]] && echo yes)
same docs/options.md --markdown
same docs/headrace.1 --man
same tools/completions/headrace.bash --completion bash
same tools/completions/_headrace --completion zsh
if command -v mandoc >/dev/null && [[ -e docs/headrace.1 ]]; then
    fault_lines < <(mandoc -T lint -W warning docs/headrace.1 2>&1)
fi
finish
