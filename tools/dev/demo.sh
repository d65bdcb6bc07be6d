# demo.sh: the main job on the real files of examples/demo, in a temporary raw zone: accounts, rejects, the same files
# again, and a kill -9 in the middle followed by a resume that is counted row for row.
# shellcheck shell=bash

demo_status=0

# show EXPECTED COMMAND...: prints the command as a user would type it and runs it; an exit status that is not among EXPECTED
# (comma-separated) makes the demo fail.
show() {
    local expected=$1 rc=0 words
    shift
    words="$*"
    words=${words//$root\//}
    printf '\n$ headrace %s\n' "${words//$demo_folder\//}"
    "$demo_program" "$@" </dev/null || rc=$?
    if [[ ,$expected, != *,$rc,* ]]; then
        printf 'exit status %d, expected %s\n' "$rc" "$expected"
        demo_status=1
    elif ((rc)); then
        case $rc in
        3) echo "(exit status 3: done, with rejected rows)" ;;
        4) echo "(exit status 4: nothing to do)" ;;
        esac
    fi
}

demo_files=(municipalities.csv holidays.csv reactors.txt storms.csv.gz artists.csv)

ingest_all() {
    local expected=$1 file
    for file in "${demo_files[@]}"; do
        show "$expected" ingest "$root/examples/demo/$file" --to "$demo_folder/zone" --name "${file%%.*}" --ledger "$demo_folder/ledger.db"
    done
}

# The 24130 storms a hundred times, each row with a number of its own in front.
make_big() {
    gzip -dc examples/demo/storms.csv.gz |
        awk 'NR == 1 { print "ID," $0; next } { row[++n] = $0 }
             END { for (copy = 0; copy < 100; copy++) for (i = 1; i <= n; i++) print ++id "," row[i] }' >"$1"
}

# Landed rows of the feed `big`: how many there are and how many of their numbers are different ones.
landed() {
    find "$demo_folder/zone/source=big" -type f -name '[!.]*.csv.gz' -print0 2>/dev/null | xargs -0 -r gzip -dc |
        awk -F, '{ gsub(/"/, "", $1) } $1 != "ID" { rows++; if (!($1 in seen)) { seen[$1]; different++ } } END { print rows + 0, different + 0 }'
}

kill_and_resume() {
    local big=$demo_folder/big.csv rows pid files=0 rc=0 all different
    local command=(ingest "$big" --to "$demo_folder/zone" --name big --ledger "$demo_folder/ledger.db" --compress gzip --segment-rows 100000)
    make_big "$big"
    rows=$(($(wc -l <"$big") - 1))
    printf '\nA file of %d rows, and kill -9 as soon as three segments are visible:\n' "$rows"
    printf '\n$ headrace %s &\n' "${command[*]//$demo_folder\//}"
    "$demo_program" "${command[@]}" </dev/null >"$demo_folder/killed.log" 2>&1 &
    pid=$!
    while ((files < 3)) && kill -0 "$pid" 2>/dev/null; do
        sleep 0.01
        files=$(find "$demo_folder/zone/source=big" -type f -name '[!.]*.csv.gz' 2>/dev/null | wc -l) || : # not there yet
    done
    kill -9 "$pid" 2>/dev/null || : # it may have ended, which is said below
    wait "$pid" 2>/dev/null || rc=$?
    if ((rc == 137)); then
        read -r all different < <(landed)
        printf 'killed; a reader of the zone sees %d rows, %d different ones\n' "$all" "$different"
    else
        printf 'it ended by itself with exit status %d before the kill\n' "$rc"
        cat "$demo_folder/killed.log"
    fi
    echo
    echo "The same command again:"
    show 0 "${command[@]}"
    read -r all different < <(landed)
    printf '\nrows in the file %d; rows in the zone %d; different ones %d\n' "$rows" "$all" "$different"
    if ((all != rows || different != rows)); then
        echo "rows were lost or came twice"
        demo_status=1
    fi
}

demo() {
    demo_program=$1
    local job
    demo_folder=$(mktemp -d "${TMPDIR:-/tmp}/headrace-demo.XXXXXX")
    trap 'rm -rf "$demo_folder"' EXIT
    printf 'Real files (examples/demo/README.md says whose) into a raw zone:\n'
    show 0 sniff "$root/examples/demo/municipalities.csv"
    ingest_all 0,3
    printf '\nEvery job is in the ledger, and so is every row that was not loaded:\n'
    show 0 jobs --ledger "$demo_folder/ledger.db"
    job=$("$demo_program" jobs --json --ledger "$demo_folder/ledger.db" | grep artists | head -n 1 |
        grep -oE '[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}' | head -n 1) || : # errors says what is wrong then
    show 0 errors "${job:-artists}" --ledger "$demo_folder/ledger.db"
    printf '\nThe ten rows as somebody has mended them, into the same job:\n'
    show 0 retry "${job:-artists}" --rows "$root/examples/demo/artists-mended.csv" --ledger "$demo_folder/ledger.db"
    printf '\nThe same files once more:\n'
    ingest_all 4
    kill_and_resume
    printf '\nThe raw zone:\n'
    (cd "$demo_folder/zone" && find . -type f | sort | head -n 8 && echo "... $(find . -type f | wc -l) files")
    if ((demo_status)); then
        printf '\nThe demonstration did not go as it should.\n'
    else
        printf '\nAll as it should be.\n'
    fi
    return $demo_status
}
