# abandon.sh: a job that stopped holds on to its destination until it is finished or given up.
# shellcheck shell=bash disable=SC2016,SC2154

{ printf 'id,name\n'; printf '%s,n\n' {1..40}; printf '1,2,3\n'; } >"$folder/a.csv"

promise 'a job that has landed rows is not taken elsewhere unasked' \
    'headrace ingest a.csv --to zone/ --name a --max-errors 0 2>/dev/null; headrace ingest a.csv --to other --name a; find other -type f' <<'END'
read 41 = loaded 40 + duplicate 0 + rejected 1 + skipped 0
! headrace: job JOB of this input was begun to 'DIR/zone/', has landed rows there, and has not come to its end. Finish it there: give that destination, or 'headrace retry JOB'. Or give it up: 'headrace abandon JOB' (a.csv)
END

promise 'its own destination is that however it is written' \
    'for to in zone ./zone zone//. "$PWD/zone" "file://$PWD/zone/"; do headrace ingest a.csv --to "$to" --name a --max-errors 0 2>&1 | grep -c "1 of 41 rows"; done' <<'END'
1
1
1
1
1
= 1
END

promise 'given up, it never goes on, and its file is loaded anew' \
    'job=$(headrace jobs --limit 1 | cut -f 1); headrace abandon "$job"; headrace abandon "$job"; headrace retry "$job"; headrace ingest a.csv --to other --name a; headrace jobs | cut -f 2-5; headrace files a | cut -f 1-3' <<'END'
read 41 = loaded 40 + duplicate 0 + rejected 1 + skipped 0
read 41 = loaded 40 + duplicate 0 + rejected 1 + skipped 0
PARTIALLY_COMPLETED	a	41	40
ABANDONED	a	41	40
SUPERSEDED	205	1
LOADED	205	2
! headrace: DIR/a.csv: ended (job JOB): given up before it had come to its end; what it landed stays
! headrace: there was nothing to do
! headrace: job JOB was given up: ingest its input again, as another job
! headrace: DIR/a.csv: loaded without its rejected rows (job JOB)
! headrace: headrace errors JOB shows what was rejected
END

promise 'a job that has come to its end is not given up' \
    'headrace abandon "$(headrace jobs --limit 1 | cut -f 1)"; headrace abandon 0000' <<'END'
! headrace: there was nothing to do
! headrace: looking for job '0000': the ledger has no such job (DIR/state/headrace/ledger.db)
= 1
END

# A segment that the ledger counts on and that somebody removed before it was visible: the feed stands still, and the
# job is the one that can be given up.
lose() {
    headrace ingest a.csv --to lost --name lost --max-errors 0 >/dev/null 2>&1
    sqlite3 state/headrace/ledger.db "UPDATE receipt SET published_ns = NULL WHERE id = (SELECT max(id) FROM receipt)"
    rm -r lost
}
export -f lose

if command -v sqlite3 >/dev/null; then
promise 'a feed whose segment is lost says what can be done, and goes on when that is done' \
    'lose; headrace ingest a.csv --to lost --name lost 2>&1 | sed "s/neither.*zone/.../"; job=$(headrace jobs --limit 1 | cut -f 1); headrace abandon "$job" 2>/dev/null; echo "$?"; headrace abandon --force "$job" 2>/dev/null; headrace ingest a.csv --to lost --name lost 2>/dev/null' <<'END'
headrace: a recorded segment is lost: ... "DIR/lost". Put it back, or give the job up, and load its input anew: 'headrace abandon --force JOB'
1
read 41 = loaded 40 + duplicate 0 + rejected 1 + skipped 0
read 41 = loaded 40 + duplicate 0 + rejected 1 + skipped 0
= 3
END
fi
