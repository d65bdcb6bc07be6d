# check.sh: every row that would be rejected, and the account.
# shellcheck shell=bash disable=SC2016,SC2154

given good.csv <<'END'
id,name
1,x
2,y
END
printf 'id,name\n1,x\n2\n3,"a"b\n4,y\n5,\377\n6,z,w\n\n7,"open\n8,end\n' >"$folder/bad.csv"

promise 'a file without faults is accounted for' 'headrace check good.csv' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

promise 'each rejected row has its place, its reason and its bytes; the others are loaded' 'headrace check --encoding utf-8 --quote 0x22 bad.csv' <<'END'
bad.csv: row 2, line 3, byte 12, column 2 'name': E_FIELDS: 1 field where the header has 2
    2\n
bad.csv: row 3, line 4, byte 14, column 2 'name': E_QUOTE: bytes between a closing quote and the next delimiter (at byte 19)
    value: "a"b
    3,"a"b\n
bad.csv: row 5, line 6, byte 25, column 2 'name': E_ENCODING: a byte that is not utf-8; options encoding and encoding_fallback can say what it is (at byte 27)
    value: \xff
    5,\xff\n
bad.csv: row 6, line 7, byte 29, column 3: E_FIELDS: 3 fields where the header has 2
    value: w
    6,z,w\n
bad.csv: row 7, line 9, byte 36, column 2 'name': E_UNCLOSED: a quote that does not close before the end of the input (at byte 38)
    value: "open
    7,"open\n
read 9 = loaded 3 + duplicate 0 + rejected 5 + skipped 1
= 3
END

promise 'show limits what is shown, not what is counted' 'headrace check --encoding utf-8 --quote 0x22 --show 1 bad.csv' <<'END'
bad.csv: row 2, line 3, byte 12, column 2 'name': E_FIELDS: 1 field where the header has 2
    2\n
read 9 = loaded 3 + duplicate 0 + rejected 5 + skipped 1
! headrace: further rejected rows of bad.csv are counted only; --show 0 shows all
= 3
END

promise 'several files have an account each and one together' 'headrace check good.csv good.csv' <<'END'
good.csv: read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
good.csv: read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
read 4 = loaded 4 + duplicate 0 + rejected 0 + skipped 0
END

promise 'JSON holds the rejects; a row that is not UTF-8 stands in base64' 'headrace check --json --encoding utf-8 --quote 0x22 bad.csv | grep -oE "\"(raw|raw_base64|read|loaded|rejected|skipped)\":(\"([^\"\\]|\\\\.)*\"|[0-9]+)"; exit "${PIPESTATUS[0]}"' <<'END'
"raw":"2\u000a"
"raw":"3,\"a\"b\u000a"
"raw_base64":"NSz/Cg=="
"raw":"6,z,w\u000a"
"raw":"7,\"open\u000a"
"read":9
"loaded":3
"rejected":5
"skipped":1
= 3
END

promise 'numbers are grouped by spaces' 'seq 1234567 | headrace check --no-header -' <<'END'
read 1 234 567 = loaded 1 234 567 + duplicate 0 + rejected 0 + skipped 0
END

promise 'ragged rows can be taken by declaration' 'headrace check --ragged both --encoding utf-8 --quote 0x22 bad.csv | tail -n 1; exit "${PIPESTATUS[0]}"' <<'END'
read 9 = loaded 5 + duplicate 0 + rejected 3 + skipped 1
= 3
END
