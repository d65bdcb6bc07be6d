# hostile.sh: inputs and surroundings that nobody means well with.
# shellcheck shell=bash disable=SC2016,SC2154

promise 'millions of blank lines that end in CR cost no more than others' 'head -c 16000000 /dev/zero | tr "\0" "\r" | timeout 100 headrace check -' <<'OUT'
read 16 000 000 = loaded 0 + duplicate 0 + rejected 0 + skipped 16 000 000
OUT

given good.csv <<'END'
id,name
1,Ann
2,Bo
END

promise 'a standard input that is closed is an error, not an empty file' 'headrace ingest - --to zone --name closed <&-; headrace count - <&-' <<'OUT'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: -: failed (job JOB): reading "-": Bad file descriptor
! headrace: reading "-": Bad file descriptor
= 1
OUT

promise 'what is printed to a standard output that is closed lands in no file' 'headrace convert good.csv --output out.csv >&- 2>&-; headrace ingest good.csv --to zone --name mute >&- 2>&-; cat out.csv; find zone -name "*.zst" | xargs zstd -dcq' <<'OUT'
id,name
1,Ann
2,Bo
id,name
1,Ann
2,Bo
OUT

given bad.csv <<'END'
id,name
1,Ann
2
END

promise 'an empty file of mended rows gives up no row' '
    headrace ingest bad.csv --to zone --name bad >/dev/null 2>&1; job=$(headrace jobs --feed bad | cut -f 1)
    headrace retry "$job" --rows - </dev/null; echo "exit $?"; headrace retry "$job" --rows - <<<id,name 2>/dev/null; echo "exit $?"
    headrace jobs --feed bad | cut -f 2-8' <<'OUT'
exit 2
exit 2
PARTIALLY_COMPLETED	bad	2	1	0	1	0
! headrace: the file has no rows: the 1 open rejects of the job stay as they are (-)
OUT

promise 'a compressed file that was cut goes on where it ended when it has come whole' '
    { echo id,name; seq -f "%.0f,x" 1 200000; } | gzip >whole.gz; head -c 100000 whole.gz >cut.gz
    headrace ingest cut.gz --to zone --name cut --segment-rows 1000 >/dev/null 2>&1; echo "exit $?"; cp whole.gz cut.gz
    headrace ingest cut.gz --to zone --name cut; find zone/source=cut -name "*.zst" | xargs zstd -dcq | grep -c ,x' <<'OUT'
exit 1
read 200 000 = loaded 200 000 + duplicate 0 + rejected 0 + skipped 0
200000
! headrace: DIR/cut.gz: loaded (job JOB)
OUT

promise 'a compressed file that was cut does not go on with another one' '
    head -c 100000 whole.gz >other.gz; headrace ingest other.gz --to zone --name other >/dev/null 2>&1
    { echo id,name; seq -f "%.0f,y" 1 200000; } | gzip >other.gz; headrace ingest other.gz --to zone --name other >out 2>&1; echo "exit $?"; grep -oE "ObjectChanged.*size_before[^,]*" out' <<'OUT'
exit 1
ObjectChanged {"uri":"DIR/other.gz","half_loaded":true,"size_before":null
OUT

promise 'mended rows are one file' '
    mkdir folder; headrace retry "$(headrace jobs --feed bad | cut -f 1)" --rows folder; echo "exit $?"; echo 2,x >folder/1; cp folder/1 folder/2
    headrace retry "$(headrace jobs --feed bad | cut -f 1)" --rows folder; echo "exit $?"; headrace jobs --feed bad | cut -f 2-8' <<'OUT'
exit 2
exit 2
PARTIALLY_COMPLETED	bad	2	1	0	1	0
! headrace: option rows takes one file of mended rows, and here are 0 (folder)
! headrace: option rows takes one file of mended rows, and here are 2 (folder)
OUT

promise 'new content of the same size and time of modification is noticed' '
    echo 1,Ann >same.csv; touch -d 2020-01-01 same.csv; headrace ingest same.csv --to zone --name same --no-header 2>/dev/null
    echo 1,Eve >same.csv; touch -d 2020-01-01 same.csv; headrace ingest same.csv --to zone --name same --no-header 2>&1 | grep -oE "size_before.*size[^,]*|: loaded"
    chmod 600 same.csv; headrace ingest same.csv --to zone --name same --no-header' <<'OUT'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
size_before":6,"size":6
: loaded
! headrace: DIR/same.csv: loaded already, with the same content, by job JOB
! headrace: there was nothing to do
= 4
OUT

promise 'a feed with keys takes no rows past them' '
    headrace ingest good.csv --to zone --name keyed --key id >/dev/null 2>&1; sed s/Ann/Eve/ good.csv >more.csv
    headrace ingest more.csv --to zone --name keyed' <<'OUT'
! headrace: feed 'keyed' is deduplicated by its keys (xxh3:id): give option key, or another name (more.csv)
= 2
OUT

promise 'a job is not continued with another key or format; its own options are known' '
    { echo id,name; echo 1; seq -f "%.0f,x" 2 100000; } >half.csv
    headrace ingest half.csv --to zone --name half --key id --max-errors 0 >/dev/null 2>&1; echo "exit $?"
    for other in "" "--key name" "--key id --hash sha256" "--key id --write ndjson" "--key id --lineage"; do
        headrace ingest half.csv --to zone --name half $other 2>/dev/null; echo "exit $?"
    done
    headrace ingest half.csv --to zone --name half 2>&1 | sed "s/.* was begun/was begun/"
    headrace retry "$(headrace jobs --feed half | cut -f 1)" 2>/dev/null' <<'OUT'
exit 1
exit 2
exit 2
exit 2
exit 2
exit 2
was begun with key 'id', hash xxh3, write csv, no lineage: give the same options, or continue it with its own by headrace retry (half.csv)
read 100 000 = loaded 99 999 + duplicate 0 + rejected 1 + skipped 0
= 3
OUT

promise 'two ledgers that share a zone and a name leave each other their segments' '
    day=zone/source=shared/ingest_date=$(date -u +%F); mkdir -p "$day"
    echo x >"$day/.01a2038c-0cf5-797f-8fdb-bb27318fb252-0000000000000008.csv.zst.part"
    headrace ingest good.csv --to zone --name shared; cat "$day"/.*.part' <<'OUT'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
x
! headrace: DIR/good.csv: loaded (job JOB)
OUT

promise 'the limit of rejected rows holds when the command is given again, and retry goes on without it' '
    for i in 1 2; do headrace ingest bad.csv --to zone --name limit --max-errors 0 >/dev/null 2>&1; echo "exit $?"; done
    headrace retry "$(headrace jobs --feed limit | cut -f 1)" 2>/dev/null; echo "exit $?"' <<'OUT'
exit 1
exit 1
read 2 = loaded 1 + duplicate 0 + rejected 1 + skipped 0
exit 3
OUT

promise 'a retry reads as the job did' '
    { echo "id,na\"me"; echo 1; seq -f "%.0f,NIL" 2 100000; } >nil.csv
    headrace ingest nil.csv --to zone --name nil --key "na\"me" --null NIL,"" --write ndjson --compress none --max-errors 0 >/dev/null 2>&1
    headrace retry "$(headrace jobs --feed nil | cut -f 1)" 2>/dev/null
    headrace retry "$(headrace jobs --feed nil | cut -f 1)" --rows - <<<0,NIL 2>/dev/null
    cat zone/source=nil/*/*.ndjson' <<'OUT'
read 100 000 = loaded 1 + duplicate 99 998 + rejected 1 + skipped 0
read 100 000 = loaded 1 + duplicate 99 999 + rejected 0 + skipped 0
{"id":"2","na\"me":null}
OUT

promise 'a job that was killed before its first checkpoint is continued with its own options' '
    mkfifo first; (exec 3>first; head -n 2 good.csv >&3; exec sleep 100) & feeder=$!
    headrace ingest - --to zone --name first --key name --write ndjson --compress none <first >/dev/null 2>&1 & pid=$!
    until [[ $(headrace jobs --feed first 2>/dev/null) ]]; do sleep 0.1; done; kill -KILL $pid; wait $pid 2>/dev/null; kill $feeder; wait 2>/dev/null
    { cat good.csv; echo 3,Bo; } | headrace retry "$(headrace jobs --feed first | cut -f 1)" 2>/dev/null; cat zone/source=first/*/*' <<'OUT'
read 3 = loaded 2 + duplicate 1 + rejected 0 + skipped 0
{"id":"1","name":"Ann"}
{"id":"2","name":"Bo"}
OUT

promise 'what is in quarantine stays there until its loading is asked for' '
    echo 1,Ann >held.csv; headrace ingest held.csv --to zone --name held --no-header >/dev/null 2>&1
    for who in Eve Ida Zoe; do
        echo "1,$who" >held.csv; headrace ingest held.csv --to zone --name held --no-header --on-change quarantine 2>&1 | tail -n 1
    done
    headrace ingest held.csv --to zone --name held --no-header --on-change fail >/dev/null 2>&1; echo "exit $?"
    headrace ingest held.csv --to zone --name held --no-header --on-change version 2>/dev/null' <<'OUT'
headrace: there was nothing to do
headrace: there was nothing to do
headrace: there was nothing to do
exit 4
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
OUT

promise 'another stream does not take the place of one that was stopped' '
    seq -f "%.0f,x" 1 300000 >stream.csv; mkfifo stopped; (exec 3>stopped; head -n 200000 stream.csv >&3; exec sleep 100) & feeder=$!
    headrace ingest - --to zone --name stream --no-header --segment-rows 100000 <stopped >/dev/null 2>&1 & pid=$!
    until compgen -G "zone/source=stream/*/*.zst" >/dev/null; do sleep 0.1; done
    kill -TERM $pid; wait $pid; echo "exit $?"; kill $feeder; wait 2>/dev/null
    tac stream.csv | headrace ingest - --to zone --name stream --no-header --on-change version 2>/dev/null >/dev/null; echo "exit $?"
    headrace ingest - --to zone --name stream --no-header <stream.csv 2>/dev/null; echo "exit $?"' <<'OUT'
exit 5
exit 1
read 300 000 = loaded 300 000 + duplicate 0 + rejected 0 + skipped 0
exit 0
OUT

promise 'a file without anything is nothing to convert, not a wrong command' '
    : >none.csv; headrace convert none.csv 2>/dev/null; headrace convert --write ndjson none.csv good.csv none.csv 2>/dev/null' <<'OUT'
{"id":"1","name":"Ann"}
{"id":"2","name":"Bo"}
OUT

promise 'rows that could not be written are not accounted for as loaded' 'headrace convert good.csv >/dev/full' <<'OUT'
! headrace: writing (make room, then run again): No space left on device
= 5
OUT

promise 'a share of rows is a plain number' 'for share in % 0x10% " 1%" nan% 101%; do headrace ingest good.csv --to zone --name share --max-errors "$share" 2>/dev/null; echo $?; done' <<'OUT'
2
2
2
2
2
OUT
