# run_tests.sh: runs the tests of a folder against a server that has been started; for tests/KIND/run.sh.
# shellcheck shell=bash
SERVERS=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
export SERVERS
. "$SERVERS/common.sh"

# begin_run PROGRAM BUILD-DIR: the common part of the environment of all tests; `base` is the folder of this run.
begin_run() {
    HEADRACE=$(realpath "$1")
    TOOLS=$(realpath "$2")/tests/servers
    [[ -x $HEADRACE ]] || die "there is no program $HEADRACE"
    [[ -x $TOOLS/proxy ]] || die "there is no $TOOLS/proxy (./dev build test)"
    HEADRACE_FAULTS=${HEADRACE_FAULTS-}
    export HEADRACE HEADRACE_FAULTS TOOLS LC_ALL=C.UTF-8 TZ=UTC
    base=$(mktemp -d "${TMPDIR:-/tmp}/headrace-servers.XXXXXX")
    chmod 755 "$base"
    mkdir "$base/bin"
    ln -s "$HEADRACE" "$base/bin/headrace"
    PATH=$base/bin:$PATH
    unset HEADRACE_FAULT
    kept=0 broken=0
    # Programs that were built with sanitizers write their reports there; see take_reports. What they keep of freed memory is
    # bounded for the tests that look at the memory a program takes.
    reports=$base/reports
    mkdir "$reports"
    export ASAN_OPTIONS=log_path=$reports/address:detect_leaks=1:detect_stack_use_after_return=1:quarantine_size_mb=16:verify_asan_link_order=0
    export UBSAN_OPTIONS=log_path=$reports/undefined:print_stacktrace=1
    export TSAN_OPTIONS=log_path=$reports/thread:halt_on_error=0:second_deadlock_stack=1
}

# Whether a sanitizer has reported something since the last time; the reports are printed. Leaks do not end every program
# with a status that a test would notice.
take_reports() {
    local report some=1
    for report in "$reports"/*; do
        [[ -s $report ]] || continue
        some=0
        cat "$report"
    done
    rm -f "$reports"/*
    return "$some"
}

# Debian's psql is a script that looks for servers first, which takes longer than most statements.
take_plain_psql() { [[ ! -x $PG_BIN/psql ]] || ln -s "$PG_BIN/psql" "$base/bin"; }

# The shell has no floating point.
seconds() { printf '%d.%d s' $(($1 / 1000)) $(($1 % 1000 / 100)); }

# What the programs of a test that failed have said, its servers, and at last the test itself.
show_failure() {
    local said
    for said in "$base/$UNIQUE"/{*.log,log,said,err,out,zombie,first,joined,.err,.out} "$base"/postgres/{primary,standby}.log "$base/kafka/log"; do
        [[ -s $said && -f $said ]] || continue
        printf -- '-- %s:\n' "${said#"$base"/}"
        tail -n 6 "$said"
        echo
    done
    echo "-- the test:"
    tail -n 25 "$base/$UNIQUE.log"
    if [[ -s $base/$UNIQUE.reports ]]; then
        echo "-- reports of sanitizers:"
        head -n 60 "$base/$UNIQUE.reports"
    fi
}

# run_one FILE TEST BEFORE AFTER: one test; BEFORE is a command that gets its unique name, AFTER too.
run_one() {
    local file=$1 test=$2 before=$3 after=$4 limit start rc=0 title
    title="$(basename "$(dirname "$file")") $(basename "$file" .sh): ${test#test_}"
    title=${title//_/ }
    limit=$(sed -nE 's/^# limit: ([0-9]+)$/\1/p' "$file")
    tests=$((${tests:-0} + 1))
    UNIQUE=t${tests}_$(printf %s "${test#test_}" | tr -c 'a-z0-9' _ | cut -c 1-40)
    export UNIQUE XDG_STATE_HOME=$base/$UNIQUE/.state
    mkdir -p "$base/$UNIQUE/.state"
    start=$(now_ms)
    {
        # Its process is that of timeout, which passes the signal on that ends this run.
        "$before" "$UNIQUE" && cd "$base/$UNIQUE" && exec timeout --kill-after=30 "${limit:-300}" "$SERVERS/one.sh" "$file" "$test"
    } </dev/null >"$base/$UNIQUE.log" 2>&1 &
    running=$!
    wait "$running" || rc=$?
    running=''
    "$after" "$UNIQUE" >>"$base/$UNIQUE.log" 2>&1 || :
    if take_reports >"$base/$UNIQUE.reports"; then rc=99; fi
    if ((rc == 0)); then
        kept=$((kept + 1))
        printf 'ok    %s (%s)\n' "$title" "$(seconds $(($(now_ms) - start)))"
        # What a test says with "| " in front is for its readers: tables.
        sed -n 's/^| /      /p' "$base/$UNIQUE.log"
        rm -rf "${base:?}/$UNIQUE"
    else
        broken=$((broken + 1))
        printf 'FAIL  %s (exit %d, %s)\n' "$title" "$rc" "$(seconds $(($(now_ms) - start)))"
        ((rc != 124)) || echo "took longer than ${limit:-300} s" >>"$base/$UNIQUE.log"
        show_failure | cut -c 1-400 | sed 's/^/      /'
    fi
}

# run_all FOLDER BEFORE AFTER [NAME...]: every test of every file, or of those whose file or test has such a name.
run_all() {
    local folder=$1 before=$2 after=$3 file test name wanted
    shift 3
    for file in "$folder"/test_*.sh; do
        while read -r test; do
            wanted=$(($# == 0))
            for name in "$@"; do
                [[ $test == *"$name"* || $(basename "$file" .sh) == "test_$name" ]] && wanted=1
            done
            ((wanted == 0)) || run_one "$file" "$test" "$before" "$after"
        done < <(sed -nE 's/^(test_[a-z0-9_]+)\(\) .*/\1/p' "$file")
    done
    printf '%d promises kept, %d broken\n' "$kept" "$broken"
    ((broken == 0 && kept > 0))
}

# end_run STOP...: for the EXIT trap: ends the test that runs, then the servers.
end_run() {
    local rc=$?
    trap - EXIT INT TERM
    [[ ! ${running-} ]] || end_process "$running" TERM 8000
    "$@" || :
    rm -rf "$base"
    exit "$rc"
}
