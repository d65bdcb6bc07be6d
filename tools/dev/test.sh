# test.sh: the groups of tests and lints, what each needs, and the account at the end.
# shellcheck shell=bash

passed=0 failed=0 skipped=0
failures=() reasons=()

count_pass() { passed=$((passed + ${1:-1})); }
# What failed is told again at the end, with its reason, for those who see no more than the end.
count_fail() { # NAME [HOW-MANY [REASON]]
    failed=$((failed + ${2:-1}))
    failures+=("$1")
    reasons+=("${3-}")
}

heading() { printf '\n== %s (begun after %d:%02d)\n' "$*" $((SECONDS / 60)) $((SECONDS % 60)); }

# ---- lints ---------------------------------------------------------------------------------------------------------

run_lint() {
    local log=$logs/lint-$1.log
    if tests/lint/"$1".sh >"$log" 2>&1 </dev/null; then
        printf 'ok    lint %s%s\n' "$1" "$([[ -s $log ]] && echo "  ($(tail -n 1 "$log"))")"
        count_pass
    else
        printf 'FAIL  lint %s\n' "$1"
        head -n 30 "$log" | sed 's/^/      /'
        count_fail "lint $1" 1 "$(head -n 10 "$log")"
    fi
}

lint_names=(layers headers symbols generated texts scripts format proof)

lint_all() {
    local name names=("${lint_names[@]}")
    (($#)) && names=("$@")
    for name in "${names[@]}"; do
        [[ -x tests/lint/$name.sh ]] || die "no lint $name; there are: ${lint_names[*]} tidy"
        if [[ $name == symbols || $name == generated ]]; then build release || { count_fail "build release"; continue; }; fi
        if [[ $name == tidy ]]; then need tidy; build debug || { count_fail "build debug"; continue; }; fi
        run_lint "$name"
    done
    account
}

group_lint() {
    heading "lint"
    local name
    if ! build release; then
        count_fail "build release"
        return
    fi
    for name in "${lint_names[@]}"; do run_lint "$name"; done
}

# ---- programs under ctest --------------------------------------------------------------------------------------------

# Counts the results of ctest's JUnit file as "passed failed skipped name": for a program of Criterion its tests, for the
# transcripts their promises, for another program itself.
count_junit() {
    awk '
        /<testcase / {
            match($0, /name="[^"]*"/); name = substr($0, RSTART + 6, RLENGTH - 7)
            bad = $0 !~ /status="run"/; tests = 0; good = 0; skipped = 0
        }
        /<skipped/ { skipped = 1 }
        /Synthesis: Tested: / { line = $0; gsub(/[^0-9]+/, " ", line); n = split(line, v, " "); tests = v[n - 3]; good = v[n - 2] }
        /promises kept, / { line = $0; gsub(/[^0-9]+/, " ", line); n = split(line, v, " "); tests = v[n - 1] + v[n]; good = v[n - 1] }
        /<\/testcase>/ {
            if (skipped) { print 0, 0, 1, name; next }
            if (!tests) { tests = 1; good = !bad }
            if (bad && good == tests) good--
            print good, tests - good, 0, name
        }' "$1"
}

# Lines of a test's output that say what is wrong with it.
telling() {
    grep -E '^\[(----|FAIL)\]|rror:|runtime error|^broken promise|^[-+$] ?[^-+]|ERROR|SUMMARY|broken promise|Timeout' || : # nothing to show
}

# The reason why the test NAME failed, from ctest's JUnit file: what is telling in its output, else the end of that.
junit_reason() { # RESULTS NAME
    local output reason
    output=$(sed -n "/<testcase name=\"$2\"/,/<\\/testcase>/p" "$1" | sed -E 's/&lt;/</g; s/&gt;/>/g; s/&quot;/"/g; s/&amp;/\&/g')
    reason=$(telling <<<"$output" | head -n 10)
    [[ $reason ]] || reason=$(tail -n 10 <<<"$output")
    printf '%s\n' "$reason"
}

# ctest_run PRESET LABEL[-LABEL...] TITLE: runs the tests of these labels in build/PRESET.
ctest_run() {
    local preset=$1 label=$2 title=$3 good bad skip name rc=0
    local results=$root/build/$preset/results-$label.xml log=$logs/ctest-$preset-$label.log
    rm -f "$results"
    ctest --test-dir "build/$preset" --label-regex "^(${label//-/|})\$" --parallel "$jobs" --output-on-failure --timeout 900 \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 --no-tests=ignore \
        --output-junit "$results" </dev/null >"$log" 2>&1 || rc=$?
    if [[ ! -e $results ]]; then
        ((rc == 0)) || { tail -n 20 "$log"; count_fail "$title: ctest" 1 "$(tail -n 10 "$log")"; }
        return 0
    fi
    while read -r good bad skip name; do
        count_pass "$good"
        if ((skip)); then
            printf 'skip  %s %s\n' "$title" "$name"
            skipped=$((skipped + 1))
        elif ((bad)); then
            printf 'FAIL  %s %s: %d of %d\n' "$title" "$name" "$bad" $((good + bad))
            count_fail "$title $name" "$bad" "$(junit_reason "$results" "$name")"
        else
            printf 'ok    %s %s: %d\n' "$title" "$name" "$good"
        fi
    done < <(count_junit "$results")
    if ((rc)); then
        grep -vE '^ *[0-9]+/[0-9]+ Test|^ *Start ' "$log" | telling | head -n 40 | sed 's/^/      /'
        echo "      (log: ${log#"$root"/})"
    fi
}

corpora_folder() { echo "${HEADRACE_CORPORA:-$root/../shared/corpora}"; }

group_unit() {
    heading "unit tests, optimised, with assertions"
    if build test -DHR_CORPORA="$(corpora_folder)"; then ctest_run test unit unit; else count_fail "build test"; fi
}

# Under the address sanitizer a leak is reported but Criterion calls the test passed: any report fails.
sanitized() {
    local label=$1 title=$2 reports=$root/build/asan/reports report
    rm -rf "$reports"
    mkdir -p "$reports"
    ASAN_OPTIONS=log_path=$reports/asan:detect_leaks=1:detect_stack_use_after_return=1 \
        UBSAN_OPTIONS=print_stacktrace=1:log_path=$reports/ubsan ctest_run asan "$label" "$title"
    for report in "$reports"/*; do
        [[ -s $report ]] || continue
        printf 'FAIL  %s: %s\n' "$title" "${report#"$root"/}"
        head -n 25 "$report" | sed 's/^/      /'
        count_fail "$title: report of a sanitizer" 1 "$(grep -E 'ERROR|runtime error|^ *#[0-9]+ ' "$report")"
    done
}

# Once, also when both groups that need it are run.
build_asan() {
    if [[ ! ${built_asan-} ]]; then
        if build asan -DHR_CORPORA="$(corpora_folder)"; then built_asan=yes; else built_asan=no; count_fail "build asan"; fi
    fi
    [[ $built_asan == yes ]]
}

group_asan() {
    heading "unit tests under the address and undefined-behaviour sanitizers"
    if build_asan; then sanitized unit asan; fi
}

group_fuzz() {
    heading "replay of fuzz seeds under the sanitizers"
    if build_asan; then sanitized fuzz replay; fi
    heading "fuzz targets and the whole tree with clang, warnings as errors"
    if build fuzz; then
        echo "ok    clang build"
        count_pass
    else
        count_fail "build fuzz"
    fi
}

group_threads() {
    compgen -G 'tests/threads/test_*.c' >/dev/null || return 0
    heading "tests of threads under the thread sanitizer"
    if build tsan; then TSAN_OPTIONS=halt_on_error=1 ctest_run tsan threads threads; else count_fail "build tsan"; fi
}

# ---- scripts ---------------------------------------------------------------------------------------------------------

# run_script PATH: exit status 0 passes, 77 is a skip (its last line says why).
run_script() {
    local script=$1 title=${1#tests/} rc=0 start=$SECONDS log
    log=$logs/${title//\//-}.log
    local command=("$root/$script")
    [[ $script == *.py ]] && command=(python3 "$root/$script")
    HEADRACE=$root/build/release/headrace HEADRACE_FAULTS=$root/build/faults/headrace HEADRACE_ROOT=$root \
        HEADRACE_CORPORA=$(corpora_folder) timeout --kill-after=10 900 "${command[@]}" </dev/null >"$log" 2>&1 || rc=$?
    case $rc in
    0) printf 'ok    %s (%d s)\n' "$title" $((SECONDS - start)); count_pass ;;
    77) printf 'skip  %s: %s\n' "$title" "$(tail -n 1 "$log")"; skipped=$((skipped + 1)) ;;
    *)
        printf 'FAIL  %s (exit %d, log: %s)\n' "$title" "$rc" "${log#"$root"/}"
        tail -n 25 "$log" | sed 's/^/      /'
        count_fail "$title" 1 "$(tail -n 10 "$log")"
        ;;
    esac
}

run_scripts() {
    local script
    for script in "$@"; do
        [[ -f $script && $(basename "$script") != _* && $(basename "$script") != common.* ]] && run_script "$script"
    done
    return 0
}

group_integration() {
    compgen -G 'tests/integration/*.[sp][hy]' >/dev/null || return 0
    heading "integration and crash tests"
    if build release && build faults; then run_scripts tests/integration/*.sh tests/integration/*.py; else count_fail "build for integration"; fi
}

group_crash() {
    heading "kill -9, losses of power, failing calls and allocations, changed inputs"
    need crash
    if build faults && build faults-asan; then
        ctest_run faults crash crash
        sed -n '/^input  .* doubled$/,/^ended at/s/^/      /p' build/faults/results-crash.xml
        # One of them takes as long as all others: at once.
        ctest_run faults-asan crash-faults "failing allocations"
    else
        count_fail "build for crash tests"
    fi
}

group_memory() {
    heading "large inputs in little memory"
    if build test -DHR_CORPORA="$(corpora_folder)"; then
        ctest_run test memory memory
        sed -n '/ MB\/s, peak /s/^/      /p' build/test/results-memory.xml
    else
        count_fail "build test"
    fi
}

group_cpus() {
    heading "kernels on other CPUs, emulated"
    need cpus
    run_scripts tests/neon/run.sh
}

group_install() {
    heading "installation"
    if build release; then run_scripts tests/install/*.sh; else count_fail "build release"; fi
}

group_arrow() {
    heading "Arrow streams in pyarrow, DuckDB and Polars"
    need arrow
    run_scripts tests/arrow/run.sh
}

# ---- at servers ------------------------------------------------------------------------------------------------------

# These tests wait most of the time, and each folder starts servers of its own: those that were asked for run beside one
# another, and are told one after the other.
asked_servers=()
declare -A server_runs=() # KIND: its process
servers_begun=''

begin_server_tests() {
    local kind first_port=20000 places
    [[ ! $servers_begun ]] || return 0
    servers_begun=yes
    for kind in "${asked_servers[@]}"; do
        case $kind in matrix | sanitized) need postgres kafka ;; *) need "$kind" ;; esac
    done
    build release && build test && build faults || return 1
    case " ${asked_servers[*]} " in *" sanitized "*) build faults-asan || return 1 ;; esac
    trap end_server_tests EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
    for kind in "${asked_servers[@]}"; do
        : >"$logs/$kind-run.sh.log"
        places=(build/release/headrace build/test)
        [[ $kind != sanitized ]] || places=(build/faults-asan/headrace build/faults-asan)
        # Ports of its own, for a server that is down for a moment must find its own free again.
        HEADRACE_FIRST_PORT=$first_port HEADRACE_FAULTS=$root/build/faults/headrace timeout --kill-after=60 3600 \
            "tests/$kind/run.sh" "${places[@]}" </dev/null >"$logs/$kind-run.sh.log" 2>&1 &
        server_runs[$kind]=$!
        first_port=$((first_port + 3000))
    done
}

# Ends what runs still, and waits until it has stopped its servers.
end_server_tests() {
    local pid
    for pid in "${server_runs[@]}"; do kill "$pid" 2>/dev/null || :; done
    for pid in "${server_runs[@]}"; do wait "$pid" || :; done
}

# Every line "FAIL  " in the log of tests/KIND/run.sh is a test that failed; the lines below it say why.
count_server_failures() { # KIND LOG
    local kind=$1 line title='' block=''
    while IFS= read -r line; do
        case $line in
        'FAIL  '* | 'ok    '* | *' promises kept, '*)
            [[ ! $title ]] || count_fail "tests/$kind: $title" 1 "$(tail -n 10 <<<"${block%$'\n'}")"
            title='' block=''
            [[ $line != 'FAIL  '* ]] || title=${line#FAIL  }
            ;;
        *) block+=$line$'\n' ;;
        esac
    done < <(cat "$2"; echo ' promises kept, ')
}

# server_tests KIND TITLE: every line "ok    " or "FAIL  " of tests/KIND/run.sh is a test.
server_tests() {
    local kind=$1 rc=0 good bad log=$logs/$1-run.sh.log
    heading "$2"
    begin_server_tests || :
    if [[ ! ${server_runs[$kind]-} ]]; then
        count_fail "build for tests/$kind"
        return 0
    fi
    tail -n +1 -s 0.2 --pid="${server_runs[$kind]}" -f "$log"
    wait "${server_runs[$kind]}" || rc=$?
    unset "server_runs[$kind]"
    good=$(grep -c '^ok    ' "$log") || :
    bad=$(grep -c '^FAIL  ' "$log") || :
    count_pass "$good"
    count_server_failures "$kind" "$log"
    ((bad || (rc == 0 && good))) || count_fail "tests/$kind/run.sh (log: ${log#"$root"/})" 1 "$(tail -n 10 "$log")"
}

group_postgres() { server_tests postgres "PostgreSQL: a real server, with a standby"; }
group_kafka() { server_tests kafka "Kafka: a real broker"; }
group_matrix() { server_tests matrix "every source into every destination, through kills, restarts, cuts and members that come and go"; }
group_sanitized() { server_tests sanitized "at real servers under the sanitizers, and failing allocations there"; }

group_corpora() {
    heading "further files"
    if [[ ! -d $(corpora_folder) ]]; then
        echo "skip  no folder $(corpora_folder) (set HEADRACE_CORPORA)"
        skipped=$((skipped + 1))
        return 0
    fi
    if build test -DHR_CORPORA="$(corpora_folder)" && build release; then
        ctest_run test corpora corpora
        run_scripts tests/corpora/*.sh tests/corpora/*.py
    else
        count_fail "build for corpora"
    fi
}

# ---- account ---------------------------------------------------------------------------------------------------------

account() {
    local each
    if ((failed)); then
        printf '\nFailed:\n'
        for each in "${!failures[@]}"; do
            printf '  %s\n' "${failures[each]}"
            ((each >= 20)) || [[ ! ${reasons[each]} ]] || head -n 10 <<<"${reasons[each]}" | sed -E 's/^ */      /; s/^(.{240}).*/\1.../'
        done
    fi
    printf '\n'
    ((skipped == 0)) || printf '%d skipped\n' "$skipped"
    printf '%d passed, %d failed, in %d:%02d\n' "$passed" "$failed" $((SECONDS / 60)) $((SECONDS % 60))
    ((failed == 0 && passed > 0))
}

test_groups() {
    local group groups=()
    (($#)) || set -- all
    for group in "$@"; do
        case $group in
        all) groups+=(lint unit asan fuzz threads crash memory cpus install arrow postgres kafka matrix integration corpora) ;;
        core) groups+=(lint unit asan fuzz) ;;
        lint | unit | asan | fuzz | threads | crash | memory | cpus | install | arrow | postgres | kafka | matrix | sanitized | integration | corpora) groups+=("$group") ;;
        *) die "no group $group; there are: lint unit asan fuzz threads crash memory cpus install arrow postgres kafka matrix integration corpora, core, all; and sanitized, which is not of all" ;;
        esac
    done
    case " ${groups[*]} " in *" lint "*) need build test lint ;; *) need build test ;; esac
    case " ${groups[*]} " in *" fuzz "*) need fuzz ;; esac
    for group in postgres kafka matrix sanitized; do
        case " ${groups[*]} " in *" $group "*) asked_servers+=("$group") ;; esac
    done
    for group in "${groups[@]}"; do "group_$group"; done
    account
}
