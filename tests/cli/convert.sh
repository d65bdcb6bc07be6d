# convert.sh: whole files in another form.
# shellcheck shell=bash disable=SC2016,SC2154

printf 'a;b\n1;\303\251\n2;"x;y"\n' | iconv -f utf-8 -t utf-16 >"$folder/utf16.txt"
given plain.csv <<'END'
b,a
x,1
END
given other.csv <<'END'
a,c
1,2
END
printf 'a,b\n1,2\n3\n' >"$folder/bad.csv"

promise 'any encoding and dialect becomes plain CSV in UTF-8' 'headrace convert utf16.txt 2>/dev/null' <<'END'
a,b
1,é
2,x;y
END

promise 'NDJSON keeps values as they are written' 'headrace convert --write ndjson utf16.txt 2>/dev/null' <<'END'
{"a":"1","b":"é"}
{"a":"2","b":"x;y"}
END

promise 'another delimiter' 'headrace convert --out-delimiter tab utf16.txt 2>/dev/null | head -n 1 | od -An -c | tr -s " "' <<'END'
 a \t b \n
END

promise 'a file with the same columns in another order is matched by name' 'headrace convert utf16.txt plain.csv 2>/dev/null' <<'END'
a,b
1,é
2,x;y
1,x
END

promise 'a file with other columns fails by name' 'headrace convert utf16.txt other.csv 2>&1 >/dev/null | head -n 1; exit "${PIPESTATUS[0]}"' <<'END'
headrace: this file has no column 'b', which the first one has (other.csv)
= 1
END

promise 'an output file appears whole, compressed by its name' 'headrace convert plain.csv --output out.csv.zst && zstd -dcq out.csv.zst && ls -A | grep out' <<'END'
b,a
x,1
out.csv.zst
! read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
END

promise 'gzip by flag' 'headrace convert plain.csv --compress gzip 2>/dev/null | gzip -dc' <<'END'
b,a
x,1
END

promise 'a failed conversion leaves the old output as it was' 'echo old >kept.csv; headrace convert plain.csv nowhere.csv --output kept.csv 2>/dev/null; echo $?; cat kept.csv; ls -A | grep kept' <<'END'
1
old
kept.csv
END

promise 'with rejected rows the output is there and the exit status is 3' 'headrace convert bad.csv --output some.csv 2>/dev/null; echo $?; cat some.csv' <<'END'
3
a,b
1,2
END

promise 'a device is written in place' 'headrace convert plain.csv --output /dev/null 2>&1' <<'END'
read 1 = loaded 1 + duplicate 0 + rejected 0 + skipped 0
END

promise 'a full device says so, and the exit status is 5: it may work later' 'headrace convert plain.csv --output /dev/full 2>&1 | head -n 1; exit "${PIPESTATUS[0]}"' <<'END'
headrace: writing (make room, then run again): No space left on device
= 5
END

printf 'n,d,ok,t\n9007199254740993,1.10,yes,007\n+5,.5,no,\n,NaN,,"a ""b"""\n' >"$folder/typed.csv"
printf '{"columns":[{"name":"n","type":"int64"},{"name":"d","type":"float64"},{"name":"ok","type":"bool"}]}' >"$folder/typed.json"

promise 'with a schema NDJSON has its numbers and truth values, digit by digit as they are written' 'headrace convert --write ndjson --schema typed.json typed.csv 2>/dev/null' <<'END'
{"n":9007199254740993,"d":1.10,"ok":true,"t":"007"}
{"n":5,"d":0.5,"ok":false,"t":null}
{"n":null,"d":"NaN","ok":null,"t":"a \"b\""}
END

promise 'what comes through a pipe is what a file gets' 'seq -f "%g,some text of a row" 200000 >long.csv; headrace convert --no-header long.csv 2>/dev/null | { sleep 0.2; cat; } | cmp - long.csv && echo same' <<'END'
same
END

promise 'all values are quoted where that is asked for, and null stays apart from the empty string' \
    'printf "id,amount,note\n1,2.50,\"a, b\"\n2,,\"\"\n" >styles.csv; headrace convert --quote-style all styles.csv --output all.csv; cat all.csv; headrace convert all.csv 2>/dev/null | cmp - styles.csv && echo same' <<'END'
"id","amount","note"
"1","2.50","a, b"
"2",,""
same
! read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

promise 'numbers and truth values stand bare among quoted strings: those of a schema and those of NDJSON' \
    'headrace convert --quote-style strings --schema infer styles.csv 2>/dev/null; printf "{\"a\":1,\"b\":\"1\",\"c\":[1,2],\"d\":true,\"e\":null}\n" | headrace select b,a,c,d,e --quote-style strings - 2>/dev/null' <<'END'
"id","amount","note"
1,2.50,"a, b"
2,,""
"b","a","c","d","e"
"1",1,"[1,2]",true,
END
