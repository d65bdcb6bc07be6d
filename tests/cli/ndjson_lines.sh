# ndjson_lines.sh: where NDJSON is damaged, and where it breaks a schema: a CR within a line is white space, no line.
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
    'for f in pretty wrapped series long one; do for c in sniff check count "select id" convert schema; do headrace $c $f.json 2>&1 >/dev/null | grep -v ^read | cut -c 1-80; headrace $c - <$f.json >/dev/null 2>&1; echo $?; done; done | sort | uniq -c | sed "s/^ *//"; iconv -t utf-16 pretty.json | headrace check - 2>&1 | grep -o "jq .*"; headrace check series.json 2>&1 | grep -o "jq -c .[.]. "' <<'END'
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
