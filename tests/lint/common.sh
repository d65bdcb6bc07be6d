# common.sh: what every lint begins with: LINT_ROOT (default: this repository) is where it looks, `fault` says what it found.
# shellcheck shell=bash
set -uo pipefail
export LC_ALL=C.UTF-8
cd "${LINT_ROOT:-$(dirname "${BASH_SOURCE[0]}")/../..}" || exit 2
faults=0

fault() {
    printf '%s\n' "$*"
    faults=$((faults + 1))
}

# Each line of standard input is a fault.
fault_lines() {
    local line
    while IFS= read -r line; do
        fault "$line"
    done
}

finish() {
    ((faults == 0)) || printf '%s: %d faults\n' "$(basename "$0" .sh)" "$faults"
    exit $((faults > 0))
}

# C files of the given folders, sources and headers, those not in git among them.
c_files() { find "$@" -name '*.[ch]' -type f 2>/dev/null | sort; }
