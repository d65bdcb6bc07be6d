# ingest.sh: the main job as scripts see it: accounts, exit status, the ledger, mending rows, signals.
# shellcheck shell=bash disable=SC2016,SC2154

given good.csv <<'END'
id,name
1,Ann
2,Bo
END
given bad.csv <<'END'
id,name
1,Ann
2
3,Cy,extra
3,Cy
1,Ann
END

# rows FEED: what a reader of the zone sees.
# Rows of all segments, each without its header when it has one.
rows() { find zone/source="$1" -type f -name '[!.]*' | sort | while read -r file; do zstd -dcq "$file" | grep -vE '^(id|column_1),'; done; }
# job FEED: the id of its newest job.
job() { headrace jobs --feed "$1" --limit 1 | cut -f 1; }
export -f rows job

promise 'without a ledger there is nothing to list' 'headrace jobs' <<'END'
! headrace: there is no ledger at DIR/state/headrace/ledger.db: nothing was ingested with it yet
= 4
END

promise 'the account is the result' 'headrace ingest good.csv --to zone --name good 2>/dev/null; rows good' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
1,Ann
2,Bo
END

promise 'the ledger is in the state folder, and only its owner may read it' 'stat -c "%a %n" state/headrace/ledger.db' <<'END'
600 state/headrace/ledger.db
END

promise 'the same file again is nothing to do' 'headrace ingest good.csv --to zone --name good; rows good | wc -l' <<'END'
2
! headrace: DIR/good.csv: loaded already, by job JOB
! headrace: there was nothing to do
END

promise 'nothing to do has the exit status 4' 'headrace ingest good.csv --to zone --name good 2>/dev/null' <<'END'
= 4
END

promise 'rejected rows are kept apart, duplicates are counted, the exit status is 3' 'headrace ingest bad.csv --to zone --name bad --key id' <<'END'
read 5 = loaded 2 + duplicate 1 + rejected 2 + skipped 0
! headrace: DIR/bad.csv: loaded without its rejected rows (job JOB)
! headrace: headrace errors JOB shows what was rejected
= 3
END

promise 'errors shows each rejected row' 'headrace errors "$(job bad)"' <<'END'
row 2, line 3, byte 14, column 2 'name': E_FIELDS: 1 field where the header has 2
    2\n
row 3, line 4, byte 16, column 3: E_FIELDS: 3 fields where the header has 2
    value: extra
    3,Cy,extra\n
END

promise 'errors --csv gives the rows as they stood; mended and put back they are settled' '
    headrace errors "$(job bad)" --csv >rows.csv; cat rows.csv
    sed -i "s/^2\$/2,Bo/; s/,extra//" rows.csv
    headrace retry "$(job bad)" --rows rows.csv 2>/dev/null
    rows bad | sort; headrace errors "$(job bad)"' <<'END'
2
3,Cy,extra
read 5 = loaded 3 + duplicate 2 + rejected 0 + skipped 0
1,Ann
2,Bo
3,Cy
! headrace: job JOB has no open rejected rows
END

promise 'errors --all shows the settled ones too' 'headrace errors "$(job bad)" --all | grep -v "^  "' <<'END'
retried: row 2, line 3, byte 14, column 2 'name': E_FIELDS: 1 field where the header has 2
retried: row 3, line 4, byte 16, column 3: E_FIELDS: 3 fields where the header has 2
END

promise 'jobs are told the newest first, tab-separated' 'headrace jobs | cut -f 2-8' <<'END'
COMPLETED	bad	5	3	2	0	0
COMPLETED	good	2	2	0	0	0
END

promise 'jobs --json is one object a line' 'headrace jobs --json | wc -l; headrace jobs --json | grep -oE "\"(status|feed|loaded)\":[^,]*"' <<'END'
2
"status":"COMPLETED"
"feed":"bad"
"loaded":3
"status":"COMPLETED"
"feed":"good"
"loaded":2
END

promise 'a job is shown by the beginning of its id, its account last' 'headrace job "$(job good | cut -c 1-20)" 2>&1 | sed -n "2,3p;\$p"' <<'END'
status      COMPLETED
feed        good
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

promise 'an unknown job fails' 'headrace job 00000000' <<'END'
! headrace: looking for job '00000000': the ledger has no such job (DIR/state/headrace/ledger.db)
= 1
END

promise 'files shows the manifest of a feed' 'headrace files good | cut -f 1-4; headrace files good --json | grep -oE "\"(state|size|number)\":[^,]*"' <<'END'
LOADED	19	1	11589d50cefd
"state":"LOADED"
"size":19
"number":1
END

promise 'to standard output: rows there, account on standard error' 'headrace ingest good.csv --to - --name out' <<'END'
id,name
1,Ann
2,Bo
! headrace: DIR/good.csv: loaded (job JOB)
! read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

promise 'JSON: one object a job on standard output' 'headrace ingest good.csv --to zone --name json --json 2>/dev/null | grep -oE "\"(status|read|loaded|duplicate|rejected|skipped)\":[^,]*"' <<'END'
"status":"COMPLETED"
"read":2
"loaded":2
"duplicate":0
"rejected":0
"skipped":0
END

promise 'several files: an account each, and one together on standard error' 'sed s/Ann/Eve/ good.csv >other.csv; headrace ingest good.csv other.csv --to zone --name two' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
! headrace: DIR/good.csv: loaded (job JOB)
! headrace: DIR/other.csv: loaded (job JOB)
! headrace: all jobs: read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
END

promise 'a file that is not there fails' 'headrace ingest nowhere.csv --to zone --name none; headrace ingest nowhere.csv --to zone --name none 2>/dev/null' <<'END'
! headrace: looking for "nowhere.csv": No such file or directory
= 1
END

promise 'an unknown key is told' 'headrace ingest good.csv --to zone --name keyed --key nmae' <<'END'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: DIR/good.csv: failed (job JOB): option key names a column 'nmae' that the input does not have; did you mean name?
= 2
END

promise 'an option of reading that cannot be is a usage error, and no job fails by it' 'headrace ingest good.csv --to zone --name odd --delimiter none; headrace jobs --feed odd' <<'END'
! headrace: option delimiter cannot be none
END

promise 'a name that is no text is refused' 'headrace ingest good.csv --to zone --name "$(printf "\\377")"' <<'END'
! headrace: option name is not UTF-8
= 2
END

promise 'a reader of the output that goes away fails the job in peace' 'seq -f "%.0f,x" 1 200000 >long.csv; headrace ingest long.csv --to - --name gone 2>errors | head -n 1; echo "${PIPESTATUS[0]}"; grep -c "went away" errors' <<'END'
column_1,column_2
1
1
END

promise 'a job that was killed is continued by its id' '
    seq -f "%.0f,x" 1 400000 >killed.csv; mkfifo cut
    (exec 3>cut; head -n 200000 killed.csv >&3; exec sleep 100) & feeder=$!
    headrace ingest - --to zone --name killed --no-header --segment-rows 50000 <cut >/dev/null 2>&1 & pid=$!
    until [[ $(rows killed 2>/dev/null | wc -l) -ge 100000 ]]; do sleep 0.1; done
    kill -KILL $pid; wait $pid 2>/dev/null; kill $feeder; wait 2>/dev/null
    headrace retry "$(job killed)" <killed.csv 2>/dev/null
    rows killed | sort | uniq | wc -l; rows killed | wc -l' <<'END'
read 400 000 = loaded 400 000 + duplicate 0 + rejected 0 + skipped 0
400000
400000
END

promise 'more rejected rows than allowed fail the job' 'headrace ingest bad.csv --to zone --name strict --max-errors 1 2>/dev/null' <<'END'
read 5 = loaded 3 + duplicate 0 + rejected 2 + skipped 0
= 1
END

promise 'a ledger in another place' 'headrace ingest good.csv --to zone --name elsewhere --ledger other/place.db 2>/dev/null; headrace jobs --ledger other/place.db | cut -f 2-4; ls -d other/place.db' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
COMPLETED	elsewhere	2
other/place.db
END

promise 'UTF-16 rows come back as UTF-16, each with a newline' '
    { printf "id,name\n1,Ann\n2\n3,Cy\n4"; } | iconv -f utf-8 -t utf-16 >wide.csv
    headrace ingest wide.csv --to zone --name wide 2>/dev/null
    headrace errors "$(job wide)" --csv | od -An -c | tr -s " "' <<'END'
read 4 = loaded 2 + duplicate 0 + rejected 2 + skipped 0
 2 \0 \n \0 4 \0 \n \0
END

promise 'a signal drains to a checkpoint with exit status 5, and the same command goes on from there' '
    seq -f "%.0f,x" 1 300000 >many.csv; mkfifo pipe
    (exec 3>pipe; head -n 200000 many.csv >&3; exec sleep 100) & feeder=$!
    headrace ingest - --to zone --name piped --no-header --segment-rows 100000 <pipe >/dev/null & pid=$!
    until [[ $(rows piped 2>/dev/null | wc -l) -ge 100000 ]]; do sleep 0.1; done
    kill -TERM $pid; wait $pid; echo "exit $?"; kill $feeder; wait
    headrace ingest - --to zone --name piped --no-header <many.csv
    rows piped | sort | uniq | wc -l; rows piped | wc -l' <<'END'
exit 5
read 300 000 = loaded 300 000 + duplicate 0 + rejected 0 + skipped 0
300000
300000
! headrace: -: stopped at a checkpoint, from where the same command goes on (job JOB)
! headrace: -: loaded (job JOB)
END

promise 'a feed that somebody else is loading is busy: try again later' '
    mkfifo slow; (exec 3>slow; cat good.csv >&3; until [[ -e release ]]; do sleep 0.1; done) &
    headrace ingest - --to zone --name shared --ledger shared.db <slow >/dev/null 2>&1 &
    until [[ $(headrace jobs --ledger shared.db 2>/dev/null) ]]; do sleep 0.1; done
    headrace ingest good.csv --to zone --name shared --ledger shared.db 2>&1 | sed "s/: process.*//"; echo "exit ${PIPESTATUS[0]}"
    touch release; wait' <<'END'
headrace: taking the lease of feed 'shared'
exit 5
END

promise 'progress is shown on a terminal and taken away; nothing of it in a pipe' '
    slowly() { seq -f "%.0f,x" 1 300000; sleep 0.5; seq -f "%.0f,x" 1 300000; sleep 0.5; seq -f "%.0f,x" 1 300000; }
    mkfifo flow; slowly >flow & script -qec "headrace ingest - --to zone --name terminal --no-header <flow" /dev/null >shown
    grep -c "rows/s" shown; tail -n 1 shown | tr -d "\r"
    slowly | headrace ingest - --to zone --name no-terminal --no-header 2>&1 | grep -c "rows/s"' <<'END'
1
read 900 000 = loaded 900 000 + duplicate 0 + rejected 0 + skipped 0
0
= 1
END
