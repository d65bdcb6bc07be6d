# hostile.sh: inputs and surroundings that nobody means well with.
# shellcheck shell=bash disable=SC2016,SC2154

promise 'millions of blank lines that end in CR cost no more than others' 'head -c 16000000 /dev/zero | tr "\0" "\r" | timeout 10 headrace check -' <<'OUT'
read 16 000 000 = loaded 0 + duplicate 0 + rejected 0 + skipped 16 000 000
OUT
