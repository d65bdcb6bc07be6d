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

# UTF-8 that begins behind the sample of a western file: every byte of it decodes.
doubtful() { awk 'BEGIN { for (i = 0; i < 40000; i++) printf "%d,caf\351 cr\350me\n", i; for (i = 0; i < 3; i++) printf "%d,caf\303\251\n", i }'; }
{ echo id,name; LC_ALL=C doubtful; } | given late.csv

promise 'UTF-8 that shows late in a western file is doubted' 'headrace ingest late.csv --name h --to zone --segment-bytes 100k' <<'END'
read 40 003 = loaded 40 003 + duplicate 0 + rejected 0 + skipped 0
! headrace: EncodingDoubtful {"decoded_as":"windows-1252","like_utf8":3,"first_offset":668903}
! headrace: DIR/late.csv: loaded (job JOB)
END

mkdir "$folder/in"
cp "$folder/tuesday.csv" "$folder/in/x1.csv"
cp "$folder/wednesday.csv" "$folder/in/x2.csv"

promise 'several sources of a folder, and a pattern, are one feed called after it' \
    'headrace ingest in/x1.csv in/x2.csv --to zone 2>/dev/null; headrace ingest "in/*.csv" --to zone 2>/dev/null; headrace files in | wc -l' <<'END'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
2
END

given keyed.csv <<'END'
id,name
1,Ann
2,Bo
1,Ann
END
cp "$folder/keyed.csv" "$folder/keyed2.csv"

promise 'keys of rows that went to a pipe are not remembered' \
    'headrace ingest keyed.csv --name k --key id --to - 2>/dev/null; headrace ingest keyed.csv --name k --key id --to zone 2>/dev/null' <<'END'
id,name
1,Ann
2,Bo
read 3 = loaded 2 + duplicate 1 + rejected 0 + skipped 0
END

promise 'a feed that gets its key late is told what the key does not know' \
    'headrace ingest keyed.csv --name l --to zone >/dev/null 2>&1; headrace ingest keyed2.csv --name l --key id --to zone' <<'END'
read 3 = loaded 2 + duplicate 1 + rejected 0 + skipped 0
! headrace: SameContent {"loaded_as":"DIR/keyed.csv","job":"JOB"}
! headrace: KeysIncomplete {"rows_without_key":3}
! headrace: DIR/keyed2.csv: loaded (job JOB)
END
