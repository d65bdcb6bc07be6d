# documents.sh: what is generated from the tables: manual page, reference, completions.
# shellcheck shell=bash disable=SC2016,SC2154

# completed WORDS...: what bash offers for the last word.
completed() {
    # shellcheck disable=SC1090
    . <(headrace help --completion bash)
    COMP_WORDS=("$@")
    COMP_CWORD=$(($# - 1))
    _headrace
    printf '%s\n' "${COMPREPLY[@]}"
}
export -f completed

promise 'the manual page has no faults' 'headrace help --man >headrace.1; if command -v mandoc >/dev/null; then mandoc -T lint -W warning headrace.1; fi' <<'END'
END

promise 'the manual page and the reference name every flag of every command' \
    'headrace help --man | sed "s/\\\\-/-/g; s/\\\\f[BIR]//g" >man.txt; headrace help --markdown >options.md
    for c in $(headrace | sed -nE "s/^  ([a-z]+) .*/\1/p"); do headrace "$c" --help | grep -oE "^  --[a-z-]+"; done | sort -u | while read -r flag; do
        grep -qE "^$flag( |\$)" man.txt || echo "$flag is not in the manual page"
        grep -qF "| \`$flag\` |" options.md || echo "$flag is not in the reference"; done' <<'END'
END

promise 'bash completes commands' 'completed headrace c' <<'END'
count
check
convert
END

promise 'bash completes flags of the command' 'completed headrace convert --out' <<'END'
--out-delimiter
--out-header
--output
END

promise 'bash completes values, behind a space and behind =' 'completed headrace convert --write n; completed headrace count --header = y; completed headrace count --encoding shift' <<'END'
ndjson
yes
shift_jis
END

promise 'bash completes file names by itself' 'completed headrace count or' <<'END'

END

promise 'the script for zsh is well-formed' 'headrace help --completion zsh >_headrace; if command -v zsh >/dev/null; then zsh -n _headrace; fi; head -n 1 _headrace' <<'END'
#compdef headrace
END
