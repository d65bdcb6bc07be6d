# schema.sh: types from all rows, rows that keep to a schema, and schemas that change.
# shellcheck shell=bash disable=SC2016,SC2034

given orders.csv <<'END'
id,zip,amount,placed,paid,note
1,00501,1.10,2026-01-01 10:00:00,yes,first
2,10115,22.5,2026-01-02 11:30:00,no,
3,20095,-0.25,2026-01-02 11:30:00,no,"{""a"": 1}"
4,80331,3,2026-02-28 00:00:00,yes,last
END
sed 's/^3,20095,-0.25/3,20095,n\/a/' "$folder/orders.csv" >"$folder/bad.csv"
printf 'id,amount,extra\n5,1000.125,2026-01-01\n' >"$folder/other.csv"

promise 'the schema holds all rows; what stands in the way of a narrower type is told' 'headrace schema bad.csv' <<'END'
{"columns": [
  {"name": "id", "type": "int64", "required": true},
  {"name": "zip", "type": "text", "required": true},
  {"name": "amount", "type": "text", "required": true},
  {"name": "placed", "type": "timestamp", "required": true},
  {"name": "paid", "type": "bool", "required": true},
  {"name": "note", "type": "text"}
]}
! headrace: column 'zip' is text; it would be int64 but for 1 value, the first in line 2: '00501'
! headrace: column 'amount' is text; it would be decimal(4,2) but for 1 value, the first in line 4: 'n/a'
END

promise 'a table says the same to people' 'headrace schema --explain orders.csv | tr "\t" "|"' <<'END'
id|int64|0|1|4|
zip|text|0|5 characters|5 characters|int64 but for 1 value, the first in line 2: '00501'
amount|decimal(4,2)|0|-0.25|22.50|
placed|timestamp|0|2026-01-01 10:00:00|2026-02-28 00:00:00|
paid|bool|0|||
note|text|1|4 characters|8 characters|
END

promise 'several files have one schema, whatever the order and the number of threads' \
    'headrace schema --threads 2 orders.csv other.csv 2>/dev/null | grep -E "amount|extra|zip"' <<'END'
  {"name": "zip", "type": "text"},
  {"name": "amount", "type": "decimal", "precision": 7, "scale": 3, "required": true},
  {"name": "extra", "type": "date"}
END

promise 'rejected rows are not in it, and are said' 'printf "a,b\n1,2\n3\n" | headrace schema -' <<'END'
{"columns": [
  {"name": "a", "type": "int64", "required": true},
  {"name": "b", "type": "int64", "required": true}
]}
! headrace: 1 row was rejected; headrace check shows why
= 3
END

promise 'a file keeps to the schema that was found in it' 'headrace schema orders.csv 2>/dev/null >orders.json; headrace check --schema orders.json orders.csv' <<'END'
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
END

promise 'a value that breaks its type is a reject with its column' 'headrace check --schema orders.json bad.csv' <<'END'
bad.csv: row 3, line 4, byte 111, column 3 'amount': E_TYPE: 'n/a' is no decimal(4,2): a decimal has digits and one point only (at byte 119)
    value: n/a
    3,20095,n/a,2026-01-02 11:30:00,no,"{""a"": 1}"\n
read 4 = loaded 3 + duplicate 0 + rejected 1 + skipped 0
= 3
END

promise 'a column that is required must be there' 'headrace check --schema orders.json other.csv' <<'END'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: the input has no column 'zip', which the schema requires (its columns begin with 'id') (other.csv)
= 1
END

printf '{"columns": [{"name": "id", "type": "int64"}, {"name": "placed", "type": "date"}, {"name": "note", "type": "text"}]}' >"$folder/loose.json"
printf '{"id":1}\n{"id":2,"note":null}\n' >"$folder/loose.ndjson"

promise 'a column that is not required may be missing, and it is told, with the same rows' \
    'headrace convert --schema loose.json other.csv; headrace check --schema loose.json loose.ndjson; headrace check --json --schema loose.json other.csv' <<'END'
id,amount,extra
5,1000.125,2026-01-01
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
{"file":"other.csv","rejects":[],"read":1,"loaded":1,"duplicate":0,"rejected":0,"skipped":0,"absent":["placed","note"],"error":null}
! headrace: columns 'placed', 'note' of the schema are in no row of other.csv
! read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
! headrace: column 'placed' of the schema is in no row of loose.ndjson
END

promise 'differences to a schema are listed, and are an exit status' 'headrace schema --against orders.json other.csv' <<'END'
changed  amount: decimal(4,2), required -> decimal(7,3), required
added    extra: date, required
removed  zip: text, required
removed  placed: timestamp, required
removed  paid: bool, required
removed  note: text
= 3
END

promise 'no differences are none' 'headrace schema --against orders.json orders.csv' <<'END'
END

promise 'what is wrong with a schema file has its place' \
    'printf "{\"columns\": [\n {\"name\": \"id\", \"type\": \"integer\"}]}" >wrong.json; headrace check --schema wrong.json orders.csv' <<'END'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: column 1 ('id') of the schema: there is no type 'integer'; did you mean int64? (wrong.json, line 2, byte 38, column 25)
= 2
END

promise 'a pipe cannot be read twice' 'headrace convert --schema infer - <orders.csv | cat; exit "${PIPESTATUS[0]}"' <<'END'
! headrace: standard input can be read only once, and --schema infer reads twice: save it to a file first, or give --schema a file, such as headrace schema prints
= 2
END

promise 'rows that break the schema are not ingested, and the job keeps the schema' \
    'headrace ingest bad.csv --to zone --name o --schema orders.json 2>/dev/null; headrace jobs --json | grep -o "\"schema\":{\"columns\": \[  {\"name\": \"id\", \"type\": \"int64\", \"required\": true}"' <<'END'
read 4 = loaded 3 + duplicate 0 + rejected 1 + skipped 0
"schema":{"columns": [  {"name": "id", "type": "int64", "required": true}
END

promise 'the mended row is judged by the same schema, whatever has become of its file' \
    'rm orders.json; printf "3,20095,7e1,2026-01-02 11:30:00,no,x\n" >mended.csv; headrace retry "$(headrace jobs --json | grep -oE "^.{7}[^\"]*" | cut -c8-)" --rows mended.csv 2>/dev/null; printf "3,20095,7.00,2026-01-02 11:30:00,no,x\n" >mended.csv; headrace retry "$(headrace jobs --json | grep -oE "^.{7}[^\"]*" | cut -c8-)" --rows mended.csv 2>/dev/null' <<'END'
read 4 = loaded 3 + duplicate 0 + rejected 1 + skipped 0
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
END

promise 'NDJSON has the types of the schema, in convert and in the zone' \
    'headrace convert --schema infer --write ndjson orders.csv 2>/dev/null | tail -n 2; headrace ingest orders.csv --to typed --name t --schema infer --write ndjson --compress none >/dev/null 2>&1; tail -n 1 typed/*/*/*.ndjson' <<'END'
{"id":3,"zip":"20095","amount":-0.25,"placed":"2026-01-02 11:30:00","paid":false,"note":"{\"a\": 1}"}
{"id":4,"zip":"80331","amount":3,"placed":"2026-02-28 00:00:00","paid":true,"note":"last"}
{"id":4,"zip":"80331","amount":3,"placed":"2026-02-28 00:00:00","paid":true,"note":"last"}
END

promise 'another schema than that of the last file is an event' \
    'headrace ingest orders.csv --to zone --name f --schema infer 2>/dev/null; sed "s/^1,00501/x1,00501/" orders.csv >next.csv; headrace ingest next.csv --to zone --name f --schema infer' <<'END'
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
! headrace: SchemaChanged {"changes":1,"columns":[{"column":"id","before":"int64, required","now":"text, required"}]}
! headrace: DIR/next.csv: loaded (job JOB)
END

promise 'a file can be compared with the last one of a feed' \
    'headrace schema --against f next.csv; headrace schema --against f orders.csv; headrace schema --against nobody orders.csv' <<'END'
changed  id: text, required -> int64, required
! headrace: no job of a feed 'nobody' came to its end with a schema
= 1
END

head -c 30000 /dev/zero | tr '\0' 'x' | fold -w 10 | awk '{print NR "," NR ".50"}' >"$folder/rows"
{ echo id,amount; cat "$folder/rows"; echo x,1; cat "$folder/rows"; } >"$folder/half.csv"
echo '{"columns": [{"name": "id", "type": "int64"}, {"name": "amount", "type": "decimal", "precision": 6, "scale": 2}]}' >"$folder/half.json"
sed 's/6, /7, /' "$folder/half.json" >"$folder/wider.json"

promise 'a job that was begun with one schema is not gone on with by another' \
    'headrace ingest half.csv --to zone --schema half.json --max-errors 0 >/dev/null 2>&1; headrace ingest half.csv --to zone --schema wider.json; headrace ingest half.csv --to zone' <<'END'
! headrace: job JOB was begun with another schema: give the same option schema, or continue it with its own by headrace retry (half.csv)
! headrace: job JOB was begun with a schema: give the same option schema, or continue it with its own by headrace retry (half.csv)
= 2
END

promise 'but by its own, however its file is laid out' \
    'tr -d " " <half.json >same.json; headrace ingest half.csv --to zone --schema same.json 2>/dev/null' <<'END'
read 6 001 = loaded 6 000 + duplicate 0 + rejected 1 + skipped 0
= 3
END

awk 'BEGIN { print "id,name"; for (i = 0; i < 9000; i++) printf "%d,\"%060d\"\n%s", i * 7919 % 4001, i, (i % 500 == 8 ? "\n" : "") }' >"$folder/twice.csv"
printf '{"columns": [{"name": "id", "type": "int64", "unique": true}, {"name": "name", "type": "text", "unique": true}]}' >"$folder/once.json"

promise 'a job with unique columns goes on where it was, knows what stood before, and comes to the same' \
    'headrace ingest twice.csv --to whole --name q --segment-rows 100 --schema once.json --ledger whole.db 2>/dev/null
     for most in 100 1700 1701 2500 4000; do headrace ingest twice.csv --to parts --name q --segment-rows 100 --schema once.json --ledger parts.db --max-errors $most 2>/dev/null | sed "s/ = .*//"; done
     headrace ingest twice.csv --to parts --name q --segment-rows 100 --schema once.json --ledger parts.db 2>/dev/null
     for zone in whole parts; do find $zone -name "*.zst" | sort | xargs zstd -dcq | grep -v id >$zone.rows; headrace errors "$(headrace jobs --ledger $zone.db | cut -f 1)" --ledger $zone.db >$zone.rejects; done
     cmp whole.rows parts.rows && cmp whole.rejects parts.rejects && wc -l <parts.rejects; [[ $(find parts -name "*.zst" | wc -l) -gt 4 ]] && echo in segments
     headrace jobs --ledger parts.db | wc -l' <<'END'
read 9 018 = loaded 4 001 + duplicate 0 + rejected 4 999 + skipped 18
read 4 985
read 5 987
read 6 020
read 6 989
read 8 024
read 9 018 = loaded 4 001 + duplicate 0 + rejected 4 999 + skipped 18
14997
in segments
1
END

promise 'from a pipe, which cannot be read twice, it begins anew' \
    'headrace ingest - --to pipe --name q --segment-rows 100 --schema once.json --max-errors 0 <twice.csv 2>/dev/null; ls pipe/source=q/*/
     headrace ingest - --to pipe --name q --segment-rows 100 --schema once.json <twice.csv 2>/dev/null; ls pipe/source=q/*/ | wc -l' <<'END'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
read 9 018 = loaded 4 001 + duplicate 0 + rejected 4 999 + skipped 18
1
END

promise 'an input without a required column fails its job' \
    'printf "{\"columns\": [{\"name\": \"zip\", \"type\": \"text\", \"required\": true}]}" >zip.json; headrace ingest other.csv --to zone --name r2 --schema zip.json 2>&1 | grep -o "the input has no.*"' <<'END'
the input has no column 'zip', which the schema requires (its columns begin with 'id')
= 1
END

promise 'NDJSON says itself what a value is' 'printf "{\"a\":1,\"b\":\"1\",\"c\":{\"d\":2}}\n{\"a\":2.50,\"b\":\"2\"}\n" | headrace schema -' <<'END'
{"columns": [
  {"name": "a", "type": "decimal", "precision": 3, "scale": 2, "required": true},
  {"name": "b", "type": "text", "required": true},
  {"name": "c", "type": "json"}
]}
END

promise 'a file of nothing but rejected rows is checked against a schema, too' 'printf "a,b\n1\n2\n" >ragged.csv; printf "{\"columns\": [{\"name\": \"a\", \"type\": \"int64\"}]}" >a.json; headrace check --header yes --delimiter , --schema a.json --show 1 ragged.csv 2>/dev/null' <<'END'
ragged.csv: row 1, line 2, byte 4, column 2 'b': E_FIELDS: 1 field where the header has 2
    1\n
read 2 = loaded 0 + duplicate 0 + rejected 2 + skipped 0
= 3
END

promise 'a column of the schema that no row has is an event of the job, and in its metadata' \
    'headrace ingest loose.ndjson --to zone --name loose --schema loose.json; headrace jobs --feed loose --json | grep -o "\"absent\":[^]]*"' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
"absent":["placed"
! headrace: ColumnsAbsent {"rows":2,"absent":1,"columns":["placed"]}
! headrace: DIR/loose.ndjson: loaded (job JOB)
END
