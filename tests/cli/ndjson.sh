# ndjson.sh: NDJSON with every command: what it is taken for, columns, records as they are, jobs and mended records.
# shellcheck shell=bash disable=SC2016,SC2154

given events.ndjson <<'END'
{"id":1,"user":{"name":"Ann","tags":["a","b"]},"note":"two\nlines"}

{"id":9007199254740993, "user":{"name":"Bo"},"price":1.10}
{"id":3,"user":null,"id":4}
END
given bad.ndjson <<'END'
{"id":1,"name":"Ann"}
{"id":2,"name":"Bo"
{"id":1,"name":"Ann"}
{"id":3,"name":"Cy"}}
END
printf '["id","name"]\n[1,"a\\u00e9"]\n' >"$folder/arrays.ndjson"
printf '{"nom":"Zo\\u00e9"}\n{"nom":"\303\251t\303\251"}\n' | iconv -f utf-8 -t utf-16 >"$folder/utf16.ndjson"
job() { headrace jobs --feed "$1" --limit 1 | cut -f 1; }
export -f job

promise 'sniff says what it is, its columns and what pins it' 'headrace sniff events.ndjson' <<'END'
events.ndjson
  compression none
  encoding    ascii, confidence 100%
              156 bytes, all of them ASCII
  format      ndjson
              the first 3 lines are JSON objects
  newline     lf
  columns     4
           1  id
           2  user
           3  note
           4  price
  pinned by   headrace check --format ndjson --encoding utf-8 --columns id,user,note,price events.ndjson
END

promise 'the flags that sniff prints read it' 'sh -c "$(headrace sniff events.ndjson | sed -n "s/^  pinned by *//p")"' <<'END'
read 4 = loaded 3 + duplicate 0 + rejected 0 + skipped 1
END

promise 'count tells records, and how many are damaged' 'headrace count events.ndjson bad.ndjson; headrace count --json --threads 2 bad.ndjson 2>/dev/null' <<'END'
3
4
{"file":"bad.ndjson","records":4,"skipped":0,"damaged":2}
! headrace: bad.ndjson: 2 of the records would be rejected; headrace check shows them
END

promise 'columns that are asked for say what is damaged, with any number of threads' 'for n in 1 2; do printf "{\"id\":1}\n[1]\n{\"x\":1}\n" | headrace count --threads $n --format ndjson --columns id --members reject -; done' <<'END'
3
3
! headrace: -: 2 of the records would be rejected; headrace check shows them
! headrace: -: 2 of the records would be rejected; headrace check shows them
END

promise 'check shows what is no JSON, and where' 'headrace check bad.ndjson' <<'END'
bad.ndjson: row 2, line 2, byte 22: E_JSON: a string, object or array that does not end on its line (at byte 41)
    {"id":2,"name":"Bo"\n
bad.ndjson: row 4, line 4, byte 64: E_JSON: something behind the end of the value (at byte 84)
    {"id":3,"name":"Cy"}}\n
read 4 = loaded 2 + duplicate 0 + rejected 2 + skipped 0
= 3
END

promise 'check takes records of any kind, as an ingest does' 'printf "{}\n[1]\n7\n\n" | headrace check --format ndjson -' <<'END'
read 4 = loaded 3 + duplicate 0 + rejected 0 + skipped 1
END

promise 'select takes names and pointers' 'headrace select id,/user/name,/user/tags/1,user,nothing events.ndjson 2>/dev/null' <<'END'
id,/user/name,/user/tags/1,user,nothing
1,Ann,b,"{""name"":""Ann"",""tags"":[""a"",""b""]}",
9007199254740993,Bo,,"{""name"":""Bo""}",
4,,,,
END

promise 'to NDJSON, numbers and strings stay as they are written' 'headrace select price,id,/user/name,note --write ndjson events.ndjson 2>/dev/null' <<'END'
{"price":null,"id":1,"/user/name":"Ann","note":"two\nlines"}
{"price":1.10,"id":9007199254740993,"/user/name":"Bo","note":null}
{"price":null,"id":4,"/user/name":null,"note":null}
END

promise 'all of it to NDJSON is every record as it is written' 'headrace convert --write ndjson events.ndjson 2>/dev/null' <<'END'
{"id":1,"user":{"name":"Ann","tags":["a","b"]},"note":"two\nlines"}
{"id":9007199254740993, "user":{"name":"Bo"},"price":1.10}
{"id":3,"user":null,"id":4}
END

promise 'to CSV it has the columns that were seen' 'headrace convert events.ndjson 2>/dev/null' <<'END'
id,user,note,price
1,"{""name"":""Ann"",""tags"":[""a"",""b""]}","two
lines",
9007199254740993,"{""name"":""Bo""}",,1.10
4,,,
END

promise 'a member that would be lost costs its record, unless it may be lost' \
    'head -n 1 events.ndjson >first; { for i in 1 2 3; do cat first; done; echo "{\"id\":5,\"new\":true}"; } >late.ndjson
     headrace convert --sample 64 --columns id,note,user late.ndjson 2>/dev/null | tail -n 1; headrace convert --sample 100 late.ndjson | tail -n 1' <<'END'
5,,
lines"
! late.ndjson: row 4, line 4, byte 204, member 'new': E_MEMBERS: a member that is not among the columns; option columns can name it, and option members=ignore leaves it out (at byte 212)
!     {"id":5,"new":true}\n
! read 4 = loaded 3 + duplicate 0 + rejected 1 + skipped 0
= 3
END

promise 'columns and members can be said' 'headrace convert --sample 100 --members ignore late.ndjson | tail -n 1; headrace check --columns id,user --members reject bad.ndjson | tail -n 1' <<'END'
5,,
read 4 = loaded 0 + duplicate 0 + rejected 4 + skipped 0
! read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
= 3
END

promise 'records that cannot have columns are no CSV' 'printf "1\n2\n" | headrace convert --format ndjson -' <<'END'
! headrace: no record of the beginning has members that could be columns; --columns names some, and --write ndjson takes records as they are
= 2
END

promise 'arrays have columns by pointer' 'headrace select /1,/0 arrays.ndjson 2>/dev/null' <<'END'
/1,/0
name,id
aé,1
END

promise 'another encoding is read as well' 'headrace convert --write ndjson utf16.ndjson 2>/dev/null; headrace select nom utf16.ndjson 2>/dev/null' <<'END'
{"nom":"Zo\u00e9"}
{"nom":"été"}
nom
Zoé
été
END

promise 'CSV is not taken for it' 'printf "{a},{b}\n1,2\n" | headrace convert - 2>/dev/null; printf "[x]\n[1]\n" | headrace convert - 2>/dev/null' <<'END'
{a},{b}
1,2
[x]
[1]
END

promise 'who pins a delimiter has CSV' 'printf "{\"a\":1}\n{\"a\":2}\n" | headrace count --delimiter , --no-header -; printf "{\"a\":1}\n" | headrace convert --no-header - 2>/dev/null' <<'END'
2
"{""a"":1}"
END

promise 'depth and size have limits' 'printf "[[[[1]]]]\n[\"%s\"]\n[]\n" "$(seq -s x 40)" | headrace check --limits-depth 3 --limits-row-bytes 64 --format ndjson - | grep -v "^    "' <<'END'
-: row 1, line 1, byte 0: E_DEPTH: objects and arrays within each other beyond the depth limit; option limits.depth allows more (at byte 3)
-: row 2, line 2, byte 10: E_SIZE: longer than option limits.row_bytes allows (64 bytes)
read 3 = loaded 1 + duplicate 0 + rejected 2 + skipped 0
= 3
END

promise 'what is ingested is landed as it is written, by key' \
    'headrace ingest bad.ndjson --to zone --name bad --key name --compress none 2>/dev/null; cat zone/source=bad/*/*.ndjson' <<'END'
read 4 = loaded 1 + duplicate 1 + rejected 2 + skipped 0
{"id":1,"name":"Ann"}
END

promise 'its errors are shown, and mended' \
    'headrace errors "$(job bad)"; printf "%s\n" "{\"id\":2,\"name\":\"Bo\"}" "{\"id\":3,\"name\":\"Ann\"}" >mended; headrace retry "$(job bad)" --rows mended 2>/dev/null; cat zone/source=bad/*/*.ndjson' <<'END'
row 2, line 2, byte 22: E_JSON: a string, object or array that does not end on its line (at byte 41)
    {"id":2,"name":"Bo"\n
row 4, line 4, byte 64: E_JSON: something behind the end of the value (at byte 84)
    {"id":3,"name":"Cy"}}\n
read 4 = loaded 2 + duplicate 2 + rejected 0 + skipped 0
{"id":1,"name":"Ann"}
{"id":2,"name":"Bo"}
END

promise 'the same file again is nothing to do' 'headrace ingest bad.ndjson --to zone --name bad --key name --compress none 2>/dev/null' <<'END'
= 4
END

promise 'the job says in what format it was' 'headrace job "$(job bad)" --json | grep -oE "\"(format|position)\":(\"[^\"]*\"|\{[^}]*\})" | sed "s/;.*/\"/"' <<'END'
"position":"ndjson1:raw=86,text=86,row=5,line=5,encoding=ascii"
"format":{"name":"ndjson","confidence":100,"newline":"lf","evidence":"2 of the first 4 lines are JSON objects"}
END

promise 'a pointer can be a key' 'headrace ingest events.ndjson --to - --name p --key /user/name 2>/dev/null' <<'END'
{"id":1,"user":{"name":"Ann","tags":["a","b"]},"note":"two\nlines"}
{"id":9007199254740993, "user":{"name":"Bo"},"price":1.10}
{"id":3,"user":null,"id":4}
END

promise 'the whole record can be the key' '{ cat bad.ndjson; cat bad.ndjson; } | headrace ingest - --to - --name w --key "*" 2>/dev/null' <<'END'
{"id":1,"name":"Ann"}
= 3
END

promise 'where CSV is asked for, CSV is landed' 'headrace ingest bad.ndjson --to zone --name csv --write csv --compress none 2>/dev/null; cat zone/source=csv/*/*.csv' <<'END'
read 4 = loaded 2 + duplicate 0 + rejected 2 + skipped 0
id,name
1,Ann
1,Ann
END

promise 'lineage stands behind the members' 'headrace ingest bad.ndjson --to - --name l --lineage 2>/dev/null | sed -E "s/\"_ingested_at\":\"[^\"]*\"/T/"' <<'END'
{"id":1,"name":"Ann","_source":"l","_file":"DIR/bad.ndjson","_row":1,"_offset":0,T,"_key":null}
{"id":1,"name":"Ann","_source":"l","_file":"DIR/bad.ndjson","_row":3,"_offset":42,T,"_key":null}
= 3
END

promise 'a stopped job goes on behind its last record' \
    'for i in $(seq 30000); do echo "{\"n\":$i,\"pad\":\"xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx\"}"; done >many.ndjson
     headrace ingest many.ndjson --to zone --name many --compress none --segment-rows 1000 --max-errors 0 >/dev/null 2>&1 & pid=$!
     sleep 0.05; kill -9 $pid 2>/dev/null; wait $pid 2>/dev/null; headrace ingest many.ndjson --to zone --name many --compress none --segment-rows 1000 --max-errors 0 >/dev/null 2>&1
     cat zone/source=many/*/*.ndjson | sort | cmp - <(sort many.ndjson) && echo same' <<'END'
same
END

promise 'dedup keeps the first record of a key' 'headrace dedup --key name --write ndjson bad.ndjson 2>/dev/null; headrace dedup --write ndjson events.ndjson events.ndjson 2>/dev/null' <<'END'
{"id":1,"name":"Ann"}
{"id":1,"user":{"name":"Ann","tags":["a","b"]},"note":"two\nlines"}
{"id":9007199254740993, "user":{"name":"Bo"},"price":1.10}
{"id":3,"user":null,"id":4}
END
