#!/usr/bin/env bash
# Files say in their first line what they own; lines fit into 120 columns (texts and generated tables aside); no tabs, no spaces at the
# end of a line, no unfinished work, no paths of somebody's machine.
. "$(dirname "$0")/common.sh"
mapfile -t sources < <(c_files include core simd connectors tools fuzz bench tests)
mapfile -t scripts < <(find dev .ci tests tools fuzz bench -type f \( -name dev -o -name run -o -name '*.sh' \) 2>/dev/null)
mapfile -t documents < <(find . -maxdepth 1 -name '*.md'; find docs examples -name '*.md' 2>/dev/null)

for file in "${sources[@]}"; do
    first=$(head -n 1 "$file")
    [[ $first == "/* $(basename "$file"): "* ]] || fault "$file:1: does not begin with \"/* $(basename "$file"): what it owns\""
    lines=$(wc -l <"$file")
    limit=500
    [[ $file == tests/* ]] && limit=800
    ((lines <= limit)) || fault "$file: $lines lines; does it own one responsibility?"
done
fault_lines < <(grep -nP '\t' "${sources[@]}" | sed 's/:.*/: a tab/' | sort -u)
fault_lines < <(grep -nP '[ \t]+$' "${sources[@]}" "${scripts[@]}" | sed -E 's/^([^:]+:[0-9]+):.*/\1: space at the end of the line/')
unfinished='TODO|FIX''ME|XX''X|HA''CK'
fault_lines < <(grep -nE "(^|[^A-Za-z])($unfinished)([^A-Za-z]|$)" "${sources[@]}" "${scripts[@]}" "${documents[@]}" | grep -v '^tests/lint/texts.sh:')
fault_lines < <(grep -nE '(^|[^A-Za-z0-9._/-])/(home|work|Users)/[a-z]' "${sources[@]}" "${scripts[@]}" "${documents[@]}" | grep -v '^tests/lint/texts.sh:')
mapfile -t laid_out < <(grep -LE '(Generated|Made) by .*\.py' "${sources[@]}")
fault_lines < <(awk 'length($0) > 120 && !/"/ { print FILENAME ":" FNR ": " length($0) " columns" }' "${laid_out[@]}")

# Links lead somewhere, and the numbers of the README are those of the results that it names.
for file in "${documents[@]}"; do
    while IFS= read -r target; do
        [[ -e $(dirname "$file")/$target ]] || fault "$file: links to $target, which is not there"
    done < <(grep -oE '\]\([^)#: ]+[)#]' "$file" | sed -E 's/^..(.*).$/\1/')
done
results=$(grep -oE '\]\(bench/results/[^)]*\.md\)' README.md 2>/dev/null | head -n 1 | sed -E 's/.*\((.*)\.md\)/\1.snippet.md/')
[[ ! -e $results ]] || fault_lines < <(grep '^|' "$results" | grep -vxFf README.md | sed "s|^|README.md does not have this row of $results: |")
finish
