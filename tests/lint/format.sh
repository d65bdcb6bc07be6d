#!/usr/bin/env bash
# C files are laid out by .clang-format. Versions of clang-format differ in detail, so only the one that the file names
# judges; with another one this says so and passes.
. "$(dirname "$0")/common.sh"
wanted=$(sed -nE '1s/^# clang-format ([0-9]+):.*/\1/p' .clang-format)
program=$(command -v "clang-format-$wanted" || command -v clang-format)
version=$("$program" --version | sed -E 's/.*version ([0-9]+)\..*/\1/')
if [[ $version != "$wanted" ]]; then
    echo "clang-format is $version, the layout is that of $wanted: not judged"
    exit 0
fi
while IFS= read -r file; do
    head -n 3 "$file" | grep -qE '(Generated|Made) by .*\.py' && continue
    changed=$("$program" "$file" | diff "$file" - | grep -c '^[<>]')
    ((changed == 0)) || fault "$file: $changed lines differ (./dev format)"
done < <(c_files include core simd connectors tools fuzz bench tests)
finish
