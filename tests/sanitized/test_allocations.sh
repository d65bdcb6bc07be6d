# test_allocations.sh: loads at real servers in which an allocation fails, one a process.
# limit: 1800
# shellcheck shell=bash

test_a_failing_allocation_is_an_error_and_the_next_run_lands_every_row_once() {
    local rc=0 seconds=30
    [[ ${HEADRACE_SANITIZED-} != all ]] || seconds=600
    # The tool frees nothing at its end; the program under test gets options of its own.
    ASAN_OPTIONS=detect_leaks=0 "$TOOLS/allocations" --seconds "$seconds" >said 2>&1 || rc=$?
    # What is broken stands behind the table, where it is seen.
    grep '^|' said || :
    grep -v '^|' said || :
    return "$rc"
}
