# objects.sh: objects that cannot be read, pipes that have nothing for a while, ledgers that are none.
# shellcheck shell=bash disable=SC2016,SC2154

mkdir "$folder/in"
printf 'id,name\n1,a\n' >"$folder/in/a.csv"
printf 'id,name\n2,b\n' >"$folder/in/z.csv"
ln -s loop.csv "$folder/in/loop.csv"
ln -s nowhere "$folder/in/nowhere.csv"

promise 'an object that cannot be read does not keep the others from being loaded, and is told every time' \
    'for i in 1 2; do headrace ingest in --to zone --name in; done' <<'END'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
! headrace: DIR/in/a.csv: loaded (job JOB)
! headrace: DIR/in/loop.csv: failed: opening "DIR/in/loop.csv": Too many levels of symbolic links
! headrace: DIR/in/nowhere.csv: failed: opening "DIR/in/nowhere.csv": No such file or directory
! headrace: DIR/in/z.csv: loaded (job JOB)
! headrace: all jobs: read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
! headrace: DIR/in/a.csv: loaded already, by job JOB
! headrace: DIR/in/loop.csv: failed: opening "DIR/in/loop.csv": Too many levels of symbolic links
! headrace: DIR/in/nowhere.csv: failed: opening "DIR/in/nowhere.csv": No such file or directory
! headrace: DIR/in/z.csv: loaded already, by job JOB
= 1
END

promise 'a ledger that is none, or has no name, is a wrong command line' \
    'headrace ingest in/a.csv --to zone --ledger ""; echo $?; headrace jobs --ledger ""; echo $?; headrace ingest in/a.csv --to zone --ledger /dev/null' <<'END'
2
2
! headrace: option ledger is empty: give it a value, or leave it out
! headrace: option ledger is empty: give it a value, or leave it out
! headrace: opening the ledger: '/dev/null' is no file (option ledger)
= 2
END

promise 'a file that may not grow so large is an error, after which the same command goes on' \
    'awk "BEGIN { print \"id,name\"; for (i = 0; i < 100000; i++) print i \",n\" }" >big.csv; bash -c "ulimit -f 500; exec headrace ingest big.csv --to big --compress none" 2>&1 | grep -o "File too large"; headrace ingest big.csv --to big --compress none 2>/dev/null; cat big/*/*/* | grep -vc id' <<'END'
File too large
read 100 000 = loaded 100 000 + duplicate 0 + rejected 0 + skipped 0
100000
END

# slowly FORMAT TEXT...: the rows that are in the zone of a pipe that has given these texts and stays open, then the end.
slowly() {
    local format=$1 text
    rm -rf pipe slow
    mkfifo pipe
    shift
    headrace ingest - --to slow --name "slow-$format" --segment-age 50ms --compress none --threads 2 <pipe >said 2>&1 &
    exec 9>pipe
    for text; do
        # shellcheck disable=SC2059
        printf "$text" >&9
        for ((i = 0; i < 200; i++)); do
            sleep 0.1
            [[ $(cat slow/*/*/* 2>/dev/null | sort -u | wc -l) -gt ${before-0} ]] && break
        done
        before=$(cat slow/*/*/* | sort -u | wc -l)
        echo "$before"
    done
    exec 9>&-
    wait
    grep read said
    unset before
}
export -f slowly

promise 'what a pipe gave is landed when its segment is old enough, also while it has nothing more' \
    'slowly csv "id,name\n1,a\n2,b\n3," "c\n" "4,\xc3\xa9\n"; slowly ndjson "{\"id\":1}\n{\"id\"" ":2}\n"; slowly late "id,name\n1,\xe9t\xe9\n" "2,\xe9t\xe9\n"; cat slow/*/*/*' <<'END'
3
4
5
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
1
2
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
2
3
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
id,name
1,été
id,name
2,été
END

promise 'rejects that wait for a checkpoint that there will not be are bounded' \
    'printf "{\"columns\": [{\"name\": \"id\", \"type\": \"int64\", \"unique\": true}, {\"name\": \"name\", \"type\": \"text\"}]}" >once.json; awk "BEGIN { print \"id,name\"; for (i = 0; i < 2000; i++) s = s \"0123456789\"; for (i = 0; i < 4000; i++) print (i % 10 ? \"x,\" : i \",\") s }" | headrace ingest - --to once --name once --schema once.json; find once -type f' <<'END'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: -: failed (job JOB): the rejected rows have more than 64 MiB, and this input is landed as a whole or not at all, for it has unique columns and can be read only once: mend what it is checked against, or give up earlier by option max-errors
END

promise 'a job that is stopped before its first row is said to wait, not to be at work' \
    'mkfifo idle; headrace ingest - --to idle.zone --name idle <idle >said 2>&1 & exec 8>idle; until headrace jobs --feed idle 2>/dev/null | grep -q IN_PROGRESS; do sleep 0.1; done; kill $!; wait; exec 8>&-; headrace jobs --feed idle | cut -f 2' <<'END'
PENDING
END
