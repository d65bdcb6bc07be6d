# test.sh: the groups of tests and lints, what each needs, and the account at the end.
# shellcheck shell=bash

passed=0 failed=0 skipped=0
failures=()

count_pass() { passed=$((passed + ${1:-1})); }
count_fail() { # NAME [HOW-MANY]
    failed=$((failed + ${2:-1}))
    failures+=("$1")
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
        count_fail "lint $1"
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

# ctest_run PRESET LABEL TITLE: runs the tests of that label in build/PRESET.
ctest_run() {
    local preset=$1 label=$2 title=$3 good bad skip name rc=0
    local results=$root/build/$preset/results-$label.xml log=$logs/ctest-$preset-$label.log
    rm -f "$results"
    ctest --test-dir "build/$preset" --label-regex "^$label\$" --parallel "$jobs" --output-on-failure --timeout 900 \
        --test-output-size-passed 1000000 --test-output-size-failed 1000000 --no-tests=ignore \
        --output-junit "$results" </dev/null >"$log" 2>&1 || rc=$?
    if [[ ! -e $results ]]; then
        ((rc == 0)) || { tail -n 20 "$log"; count_fail "$title: ctest"; }
        return 0
    fi
    while read -r good bad skip name; do
        count_pass "$good"
        if ((skip)); then
            printf 'skip  %s %s\n' "$title" "$name"
            skipped=$((skipped + 1))
        elif ((bad)); then
            printf 'FAIL  %s %s: %d of %d\n' "$title" "$name" "$bad" $((good + bad))
            count_fail "$title $name" "$bad"
        else
            printf 'ok    %s %s: %d\n' "$title" "$name" "$good"
        fi
    done < <(count_junit "$results")
    if ((rc)); then
        grep -vE '^ *[0-9]+/[0-9]+ Test|^ *Start ' "$log" | grep -E '^\[(----|FAIL)\]|rror:|runtime error|^broken promise|^[-+$] ?[^-+]|ERROR|SUMMARY|broken promise|Timeout' |
            head -n 40 | sed 's/^/      /' || : # nothing to show
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
        count_fail "$title: report of a sanitizer"
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
        count_fail "$title"
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
        ctest_run faults-asan crash crash
        ctest_run faults-asan faults "unit tests with failing allocations"
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

# server_tests KIND: every line "ok    " or "FAIL  " of tests/KIND/run.sh is a test.
server_tests() {
    local kind=$1 rc=0 good bad log=$logs/$1-run.sh.log
    HEADRACE_FAULTS=$root/build/faults/headrace timeout --foreground --kill-after=30 3600 \
        "tests/$kind/run.sh" build/release/headrace build/test </dev/null 2>&1 | tee "$log" || rc=$?
    good=$(grep -c '^ok    ' "$log") || :
    bad=$(grep -c '^FAIL  ' "$log") || :
    count_pass "$good"
    ((bad == 0)) || count_fail "tests/$kind: $(sed -n 's/^FAIL  //p' "$log" | paste -sd ';')" "$bad"
    ((bad || (rc == 0 && good))) || count_fail "tests/$kind/run.sh (log: ${log#"$root"/})"
}

group_postgres() {
    heading "PostgreSQL: a real server, with a standby"
    need postgres
    if build release && build test && build faults; then server_tests postgres; else count_fail "build for PostgreSQL"; fi
}

group_kafka() {
    heading "Kafka: a real broker"
    need kafka
    if build release && build test && build faults; then server_tests kafka; else count_fail "build for Kafka"; fi
}

group_matrix() {
    heading "every source into every destination, through kills, restarts, cuts and members that come and go"
    need postgres kafka
    if build release && build test && build faults; then server_tests matrix; else count_fail "build for the crash matrix"; fi
}

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
        for each in "${failures[@]}"; do printf '  %s\n' "$each"; done
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
        lint | unit | asan | fuzz | threads | crash | memory | cpus | install | arrow | postgres | kafka | matrix | integration | corpora) groups+=("$group") ;;
        *) die "no group $group; there are: lint unit asan fuzz threads crash memory cpus install arrow postgres kafka matrix integration corpora, core, all" ;;
        esac
    done
    case " ${groups[*]} " in *" lint "*) need build test lint ;; *) need build test ;; esac
    case " ${groups[*]} " in *" fuzz "*) need fuzz ;; esac
    for group in "${groups[@]}"; do "group_$group"; done
    account
}
