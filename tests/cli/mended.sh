# mended.sh: what mended rows are, and where they say they come from.
# shellcheck shell=bash disable=SC2016,SC2154

printf 'id,name\n1,Ann\n2,"open\n3",x\n4,Di\n' | given several.csv
printf '2,open\n3,x\n' | given mended.csv
printf '2,open\n3,x\n5,five\n' | given toomany.csv
job() { headrace jobs --feed "$1" --limit 1 | cut -f 1; }
export -f job

promise 'a damaged record of two lines is one reject' 'headrace ingest several.csv --name s --to zone --compress none 2>/dev/null' <<'END'
read 3 = loaded 2 + duplicate 0 + rejected 1 + skipped 0
= 3
END

promise 'there are no more rows than its lines' 'headrace retry "$(job s)" --rows toomany.csv 2>/dev/null; headrace jobs --feed s | cut -f 4-8' <<'END'
3	2	0	1	0
END

promise 'it may have been two rows, and both are read' \
    'headrace retry "$(job s)" --rows mended.csv 2>/dev/null; cat zone/source=s/*/*.csv | grep -v id | sort' <<'END'
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
1,Ann
2,open
3,x
4,Di
END

printf 'id,name\n1,Ann\n2\n' | given short.csv
printf '2,Bo,again\n' | given again.csv
printf '2,Bo\n' | given good.csv

promise 'a row that is bad again says where it stands' \
    'headrace ingest short.csv --name t --to zone --lineage --compress none 2>/dev/null; headrace retry "$(job t)" --rows again.csv 2>/dev/null; headrace errors "$(job t)" --json | grep -o "\"message\":\"[^\"]*\""' <<'END'
read 2 = loaded 1 + duplicate 0 + rejected 1 + skipped 0
read 2 = loaded 1 + duplicate 0 + rejected 1 + skipped 0
"message":"3 fields where the header has 2 (its place is in the mended rows, DIR/again.csv)"
END

promise 'the lineage of a mended row names the mended file' \
    'headrace retry "$(job t)" --rows good.csv 2>/dev/null; cat zone/source=t/*/*.csv | grep Bo | cut -d, -f 1-6' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
2,Bo,t,DIR/good.csv,1,0
END

promise 'the JSON of a job that ended has its position' 'headrace ingest short.csv --name u --to zone --json 2>/dev/null | grep -c "\"position\":\"csv1:raw=16,.*\"encoding\":{"' <<'END'
1
= 3
END

promise 'a feed that nobody knows has no files' 'headrace files nobody' <<'END'
! headrace: the ledger has no files of a feed 'nobody'
= 4
END
