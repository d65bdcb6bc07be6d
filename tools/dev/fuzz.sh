# fuzz.sh: fuzzing: one target or each in turn, from the seeds in fuzz/seeds and what earlier runs found in build/corpus.
# shellcheck shell=bash

fuzz() {
    local seconds=${1:-60} only=${2-} source target name seeds log found rc=0
    [[ $seconds =~ ^[0-9]+$ ]] || die "usage: ./dev fuzz [SECONDS] [TARGET]"
    build fuzz || return 1
    for source in fuzz/fuzz_*.c; do
        target=$(basename "$source" .c) name=${source#fuzz/fuzz_} name=${name%.c}
        [[ $only && $only != "$name" ]] && continue
        found=1 seeds=fuzz/seeds/$name
        mkdir -p "build/corpus/$name" "build/findings/$name"
        say "fuzzing $name for $seconds s (findings: build/findings/$name)"
        log=$logs/fuzz-$name.log
        "build/fuzz/fuzz/$target" -max_total_time="$seconds" -max_len=70000 -timeout=20 -rss_limit_mb=3000 -print_final_stats=1 \
            -artifact_prefix="build/findings/$name/" "build/corpus/$name" "$seeds" </dev/null >"$log" 2>&1 || rc=1
        grep -E 'ERROR|SUMMARY|broken promise|runtime error|^ *#[0-9]+ 0x|^stat::(number_of|average|new_units)|Test unit' "$log" | head -n 40 || : # nothing to show
    done
    [[ ${found-} ]] || die "no target ${only:-at all}; there are: $(basename -a -s .c fuzz/fuzz_*.c | sed 's/^fuzz_//' | tr '\n' ' ')"
    return $rc
}
