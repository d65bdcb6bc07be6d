# test_matrix.sh: every source into every destination, row for row, whatever is killed or cut; and members of a feed that come
# and go.
# limit: 3000
# shellcheck shell=bash

long=${HEADRACE_MATRIX-}

# What is broken stands behind the tables, where it is seen.
report() { # COMMAND...
    local rc=0
    "$@" >said 2>&1 || rc=$?
    grep '^|' said || :
    grep -v '^|' said || :
    return "$rc"
}

test_every_pair_is_exact_through_kills_restarts_and_cuts() {
    report "$TOOLS/matrix" ${long:+--long}
}

test_members_that_come_and_go_lose_nothing_and_double_nothing() {
    report "$TOOLS/storm" --seconds $((${#long} ? 300 : 120))
}
