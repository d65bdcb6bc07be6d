# ndjson_lines.sh: NDJSON that is not what it seems: lines with CRs in them, documents, misspelt members.
# shellcheck shell=bash disable=SC2016,SC2154

printf '{"a":1}\r\r\n{"a":\r1,\r"b":2}\r\n\r\n{"a":"x"}\n{"a":\r2}}\n{"a":"y"}\n' >"$folder/cr.ndjson"
echo '{"columns": [{"name": "a", "type": "int64"}]}' >"$folder/int.json"

promise 'a CR within a line does not count as one, in rejects by a schema' \
    'for t in 1 3; do headrace check --threads $t --schema int.json cr.ndjson | grep -o "row.*, byte [0-9]*"; done' <<'END'
row 3, line 4, byte 29
row 4, line 5, byte 39
row 5, line 6, byte 49
row 3, line 4, byte 29
row 4, line 5, byte 39
row 5, line 6, byte 49
= 3
END

promise 'nor where a value stands that decided a type' \
    '{ cat cr.ndjson; seq -f "{\"a\":%g}" 9 40; } | headrace schema - 2>&1 >/dev/null | grep -o "it would be.*"' <<'END'
it would be int64 but for 2 values, the first in line 4: 'x'
= 3
END

# ---- what is taken for it

printf '[\n {"id":1,\n  "b":2},\n {"id":2,"b":3}\n]\n' >"$folder/pretty.json"
printf '[{"a":1},\n{"a":2}]' >"$folder/wrapped.json"
printf '{"a":"x\\"\\n",\r\n "b":[]}\r\n\r\n{"a":1,\n "b":[{}]}' >"$folder/series.json"
{ printf '{"data":[\n'; seq -f '{"é":%g},' 30000; printf '1]}\n'; } >"$folder/long.json"
{ printf '['; seq -f '{"é":"a,b]"},{"a":%g},' 30000 | tr -d '\n'; printf '1]'; } >"$folder/one.json"
{ seq -f '{"id":%g' 5; echo '{"id":6}'; } >"$folder/cut.ndjson"
printf '{"a":1},x\n{"a":2},y\n' >"$folder/members.csv"

promise 'a JSON document that is not one line is neither CSV nor NDJSON' \
    'for f in pretty wrapped series long one; do for c in sniff check count "select id" convert schema; do headrace $c $f.json 2>&1 >/dev/null | grep -v ^read | cut -c 1-80; headrace $c - <$f.json >/dev/null 2>&1; echo $?; done; done | sort | uniq -c | sed "s/^ *//"; iconv -t utf-16 pretty.json | headrace check - 2>&1 | grep -o "jq .*"; headrace check series.json 2>&1 | grep -o "jq -c .[.]."' <<'END'
30 1
30 headrace: this is a JSON document that does not end on its first line, or not wi
jq -c '.[]' makes lines of it; option format, csv or ndjson, has it read as such all the same
jq -c '.'
= 1
END

promise 'unless that is what it is to be' 'headrace count --format csv pretty.json; headrace count --format ndjson pretty.json; headrace count --delimiter , pretty.json' <<'END'
4
5
4
! headrace: pretty.json: 4 of the records would be rejected; headrace check shows them
END

promise 'NDJSON of which most is damaged is NDJSON, and CSV with objects in it is not' \
    'headrace check cut.ndjson | tail -n 1; headrace convert members.csv 2>/dev/null; printf "{\"a\":1" | headrace check - | tail -n 1' <<'END'
read 6 = loaded 1 + duplicate 0 + rejected 5 + skipped 0
"{""a"":1}",x
"{""a"":2}",y
read 1 = loaded 0 + duplicate 0 + rejected 1 + skipped 0
= 3
END

# ---- names that no record has

printf '{"id":1,"user":{"name":"A"}}\n{"id":2,"user":{"name":"A"},"none":null}\n' >"$folder/users.ndjson"

promise 'a column that no record has is told' \
    'headrace select idd,/user/nme,none,id users.ndjson; headrace convert --columns xyz,id --threads 2 --write ndjson users.ndjson; headrace select none users.ndjson' <<'END'
idd,/user/nme,none,id
,,,1
,,,2
{"xyz":null,"id":1}
{"xyz":null,"id":2}
none
""
""
! headrace: no record has 'idd'; did you mean id?
! headrace: no record has '/user/nme'; there are id, user, none
! read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
! headrace: no record has 'xyz'; there are id, user, none
! read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
! read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

promise 'also of the last of many records it is looked for' \
    '{ yes "{\"id\":1}" | head -n 30000; echo "{\"late\":1}"; } >late.ndjson; for t in 1 3; do headrace select late --threads $t late.ndjson | tail -n 1; headrace select latf --threads $t late.ndjson 2>&1 >/dev/null | head -n 1; done' <<'END'
1
headrace: no record has 'latf'; there are id
1
headrace: no record has 'latf'; there are id
! read 30 001 = loaded 30 001 + duplicate 0 + rejected 0 + skipped 0
! read 30 001 = loaded 30 001 + duplicate 0 + rejected 0 + skipped 0
END

promise 'a key that no record has leaves no row out' \
    'headrace dedup --write ndjson --key idd users.ndjson; headrace ingest users.ndjson --to keyed --key idd,/user/nme 2>&1 | sed "s/.*): //"; find keyed -type f; headrace ingest users.ndjson --to keyed --key /user/name 2>/dev/null' <<'END'
none of the 2 records has the key 'idd': all but one would be duplicates; they have id, user, none
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
read 2 = loaded 1 + duplicate 1 + rejected 0 + skipped 0
! headrace: none of the 2 records has the key 'idd': all but one would be duplicates; they have id, user, none (users.ndjson)
END

promise 'a key may come late; what is published waits for it, and records without it are told' \
    '{ yes "{\"kind\":\"log\"}" | head -n 20000; printf "{\"id\":1}\n{\"id\":2}\n{\"id\":1}\n"; } >logs.ndjson; for t in 1 3; do headrace dedup --write ndjson --key id --threads $t logs.ndjson; done; headrace ingest logs.ndjson --to logs --key id --segment-rows 1 --compress none 2>&1 | sed "s/.*): //;s/ (job.*//"; cat logs/*/*/*; headrace ingest logs.ndjson --to typo --name typo --key idd --segment-rows 1 2>&1 | sed "s/.*): //"; find typo -type f' <<'END'
{"kind":"log"}
{"id":1}
{"id":2}
{"kind":"log"}
{"id":1}
{"id":2}
headrace: RecordsWithoutKey {"records":20000,"key":"id"}
headrace: DIR/logs.ndjson: loaded
read 20 003 = loaded 3 + duplicate 20 000 + rejected 0 + skipped 0
{"kind":"log"}
{"id":1}
{"id":2}
none of the 20003 records has the key 'idd': all but one would be duplicates; they have kind
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: 20000 records have no key: they count as one, and the first of them was written
! read 20 003 = loaded 3 + duplicate 20 000 + rejected 0 + skipped 0
! headrace: 20000 records have no key: they count as one, and the first of them was written
! read 20 003 = loaded 3 + duplicate 20 000 + rejected 0 + skipped 0
END

promise 'a key by pointer for CSV needs its column' \
    'headrace ingest users.ndjson --to csv --name c --write csv --key /user/name 2>&1 | sed "s/.*): //"; headrace ingest users.ndjson --to csv --name c --write csv --key /user/name --columns id,/user/name --compress none 2>/dev/null; cat csv/*/*/*.csv' <<'END'
option key names a column '/user/name' that the input does not have; of NDJSON that is landed as CSV, option columns must name it too
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
read 2 = loaded 1 + duplicate 1 + rejected 0 + skipped 0
id,/user/name
1,A
END

promise 'a key whose name holds a comma stands in quotes, and schemas may begin with a byte-order mark' \
    'printf "\"a,b\",c\n1,2\n1,3\n" >comma.csv; printf "{\"a,b\":1}\n{\"a,b\":1}\n" >comma.ndjson; for f in csv ndjson; do headrace ingest comma.$f --to comma --name $f --key "\"a,b\"" 2>/dev/null; done; printf "\357\273\277{\"columns\": [{\"name\": \"c\", \"type\": \"int64\"}]}" >bom.json; headrace check --schema bom.json comma.csv' <<'END'
read 2 = loaded 1 + duplicate 1 + rejected 0 + skipped 0
read 2 = loaded 1 + duplicate 1 + rejected 0 + skipped 0
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

promise 'what schema says of rejected records is true' \
    'printf "{\"a\":1}\n[1]\n{\"a\":2}\n" >mixed.ndjson; headrace schema mixed.ndjson >mixed.json; headrace check --schema mixed.json mixed.ndjson | tail -n 1' <<'END'
read 3 = loaded 2 + duplicate 0 + rejected 1 + skipped 0
! headrace: 1 row was rejected; headrace check --schema with this schema shows why
= 3
END
