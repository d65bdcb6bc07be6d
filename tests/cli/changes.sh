# changes.sh: what a partner changes without notice is said, and stays in the ledger.
# shellcheck shell=bash disable=SC2016,SC2154

printf 'a,b\nx,\303\251t\303\251\n' | given monday.csv
printf 'a;c\ny;\351t\351 fran\347ais\n' | given tuesday.csv
printf 'a;c\nz;caf\351 cr\350me\n' | given wednesday.csv

promise 'the first file of a feed has nothing to differ from' 'headrace ingest monday.csv --name f --to zone' <<'END'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
! headrace: DIR/monday.csv: loaded (job JOB)
END

promise 'another encoding, dialect and header are said' 'headrace ingest tuesday.csv --name f --to zone' <<'END'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
! headrace: EncodingChanged {"before":"utf-8","now":"windows-1252"}
! headrace: DialectChanged {"delimiter_before":",","delimiter":";","quote_before":"\"","quote":"\""}
! headrace: ColumnsChanged {"columns_before":2,"columns":2,"removed":["b"],"added":["c"]}
! headrace: DIR/tuesday.csv: loaded (job JOB)
END

promise 'a file like the last one is no change' 'headrace ingest wednesday.csv --name f --to zone' <<'END'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
! headrace: DIR/wednesday.csv: loaded (job JOB)
END

given mixed.csv <<'END'
id,name
1,été
END
printf '2,\351t\351\n' >>"$folder/mixed.csv"

promise 'rows that the declared fallback decoded are said' \
    'headrace ingest mixed.csv --name g --to zone --compress none --encoding-fallback windows-1252; cat zone/source=g/*/*.csv' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
id,name
1,été
2,été
! headrace: EncodingFallback {"rows":1}
! headrace: DIR/mixed.csv: loaded (job JOB)
END
