# dedup.sh: each key once, the first row of it, in the order of the input.
# shellcheck shell=bash disable=SC2016,SC2154

given people.csv <<'END'
id,name,city
1,Ann,Ulm
2,Bo,"New ""York"""
1,Cy,Rome
"2",Dee,"New ""York"""
,Ed,Oslo
"",Flo,Oslo
,Gus,Bern
END
given more.csv <<'END'
city,id,name
Lyon,3,Hal
Ulm,1,Ann
END
printf 'id,name\n1,x\n1\n1,y\n\n2,z\n' >"$folder/bad.csv"
printf '{"id":1,"name":"a"}\n{"id":1.0,"name":"b"}\n{"id":"1","name":"c"}\n{"name":"d"}\n{"id":null,"name":"e"}\n{"name":"f","id":1}\n{"id":"\\u0031","name":"g"}\n' >"$folder/people.ndjson"

promise 'the first row of each key stays, quotes do not count, null is not the empty string' 'headrace dedup --key id people.csv' <<'END'
id,name,city
1,Ann,Ulm
2,Bo,"New ""York"""
,Ed,Oslo
"",Flo,Oslo
! read 7 = loaded 4 + duplicate 3 + rejected 0 + skipped 0
END

promise 'a key of several columns, in another format' 'headrace dedup --key city,1 --write ndjson people.csv 2>/dev/null' <<'END'
{"id":"1","name":"Ann","city":"Ulm"}
{"id":"2","name":"Bo","city":"New \"York\""}
{"id":"1","name":"Cy","city":"Rome"}
{"id":null,"name":"Ed","city":"Oslo"}
{"id":"","name":"Flo","city":"Oslo"}
{"id":null,"name":"Gus","city":"Bern"}
END

promise 'without --key the whole row, over files whose columns stand in another order' 'headrace dedup people.csv more.csv people.csv | tail -n 2' <<'END'
,Gus,Bern
3,Hal,Lyon
! read 16 = loaded 8 + duplicate 8 + rejected 0 + skipped 0
END

promise 'the columns of the key are found by name in further files' 'headrace dedup --key 1 people.csv more.csv 2>/dev/null | tail -n 1' <<'END'
3,Hal,Lyon
END

promise 'rejected and skipped rows are accounted for' 'headrace dedup --key id bad.csv' <<'END'
id,name
1,x
2,z
! bad.csv: row 2, line 3, byte 12, column 2 'name': E_FIELDS: 1 field where the header has 2
!     1\n
! read 5 = loaded 2 + duplicate 1 + rejected 1 + skipped 1
= 3
END

promise 'a column that is not there' 'headrace dedup --key idd people.csv' <<'END'
! headrace: there is no column 'idd'; did you mean id? (people.csv)
= 2
END

promise 'of NDJSON equal values are equal keys: strings by what they say, numbers as they are written' 'headrace dedup --key id --write csv people.ndjson 2>/dev/null' <<'END'
id,name
1,a
1.0,b
1,c
,d
END

promise 'the answer does not depend on memory, threads or hash' '
    { echo n,m; seq 60000 | awk "{ print (\$1 * 7919) % 20011 \",\" \$1 % 3 }"; } >numbers.csv
    awk -F, "!seen[\$1]++" numbers.csv | cksum
    for flags in "" "--dedup-memory 8Ki" "--dedup-memory 64Ki --hash sha256" "--threads 2"; do
        headrace dedup --key n $flags numbers.csv 2>/dev/null | cksum
    done | sort | uniq -c | tr -s " "
    headrace dedup --key n --dedup-memory 8Ki numbers.csv 2>&1 >/dev/null | tail -n 1' <<'END'
3538983004 148982
 4 3538983004 148982
read 60 000 = loaded 20 011 + duplicate 39 989 + rejected 0 + skipped 0
END

promise 'files without names, in the folder that was asked for' 'TMPDIR=/nowhere headrace dedup --key n --dedup-memory 8Ki numbers.csv >/dev/null 2>err; echo $?; grep -c "dedup-memory.*(/nowhere)" err; ls -A | grep -c headrace-keys; :' <<'END'
1
1
0
END

promise 'a feed with more keys than memory holds lands each of them once, over its runs' '
    seq 20000 | sed "1i n" >first.csv; seq 10000 30000 | sed "1i n" >second.csv
    for file in first second; do headrace ingest $file.csv --to zone --name numbers --key n --dedup-memory 64Ki --segment-rows 7000 2>&1 | tail -n 1; done
    find zone -name "*.csv.zst" -exec zstd -dcq {} + | grep -v n | sort -n | uniq -c | sed "s/^ *1 //" | cmp - <(seq 30000) && echo same' <<'END'
read 20 000 = loaded 20 000 + duplicate 0 + rejected 0 + skipped 0
read 20 001 = loaded 10 000 + duplicate 10 001 + rejected 0 + skipped 0
same
END

promise 'an output file appears only when it is whole' 'headrace dedup --key id people.csv nowhere.csv --output out.csv 2>/dev/null; echo $?; ls | grep -c out.csv; headrace dedup --key id people.csv --output out.csv.gz && gzip -dc out.csv.gz | wc -l' <<'END'
1
0
5
! read 7 = loaded 4 + duplicate 3 + rejected 0 + skipped 0
END

promise 'a file without rows, and one without columns' 'printf "id,name\n" | headrace dedup --key id -; : | headrace dedup --key id -' <<'END'
id,name
! read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
END

promise 'NDJSON whose beginning has no columns needs them named, or its records as they are' 'printf "[1]\n[1]\n" >lists.ndjson; headrace dedup --format ndjson lists.ndjson; headrace dedup --format ndjson --write ndjson lists.ndjson' <<'END'
[1]
! headrace: no record of the beginning has members that could be columns; --columns names some, and --write ndjson takes records as they are (lists.ndjson)
! read 2 = loaded 1 + duplicate 1 + rejected 0 + skipped 0
END

given typed.json <<'END'
{"columns": [{"name": "id", "type": "int64"}, {"name": "t", "type": "text"}]}
END

promise 'a schema holds NDJSON, too' \
    'printf "{\"id\":1,\"t\":\"a\"}\n{\"id\":\"x\"}\n{\"t\":\"b\",\"id\":1}\n" >typed.ndjson; headrace dedup --key id --schema typed.json typed.ndjson' <<'END'
id,t
1,a
! typed.ndjson: row 2, line 2, byte 17, column 1 'id': E_TYPE: 'x' is no int64: a whole number has digits only (at byte 24)
!     value: x
!     {"id":"x"}\n
! read 3 = loaded 1 + duplicate 1 + rejected 1 + skipped 0
= 3
END
