# doubtful.sh: a few bytes that nothing explains are damage, and are seen; what explains itself is decoded.
# shellcheck shell=bash disable=SC2016,SC2154

printf 'a,b\n1,x\n2,\377\n3,y\n' | given one.csv
printf 'id,name\n1,Jos\351\n2,Ann\n' | given jose.csv

promise 'one byte that is no letter of anything is damage' 'headrace check one.csv' <<'END'
one.csv: row 2, line 3, byte 8, column 2 'b': E_ENCODING: a byte that is not utf-8; options encoding and encoding_fallback can say what it is (at byte 10)
    value: \xff
    2,\xff\n
read 3 = loaded 2 + duplicate 0 + rejected 1 + skipped 0
= 3
END

promise 'a letter that makes a word is decoded' 'headrace select name jose.csv' <<'END'
name
José
Ann
! read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
END

# 300 KB of ASCII, and then a single byte: too little to turn the encoding of a file.
LC_ALL=C awk 'BEGIN { print "id,name"; for (i = 0; i < 30000; i++) print i ",plain"; printf "30000,B\326\n"; for (i = 30001; i < 40000; i++) print i ",plain" }' |
    given late.csv

promise 'a single byte far behind is damage' 'headrace check late.csv | tail -n 1' <<'END'
read 40 000 = loaded 39 999 + duplicate 0 + rejected 1 + skipped 0
= 3
END

printf 'id,name\n1,Ann\n2,A\325B\n' | given weak.csv

promise 'an encoding that was guessed from next to nothing is said' 'headrace ingest weak.csv --to zone --name weak' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
! headrace: EncodingDoubtful {"decoded_as":"windows-1252","confidence":35}
! headrace: DIR/weak.csv: loaded (job JOB)
END

printf 'PK\003\004\024\000\000\000 not a table' | given orders.zip

promise 'an archive is said by name, not read as rows' 'headrace check orders.zip; headrace ingest orders.zip --to zone --name zip' <<'END'
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
read 0 = loaded 0 + duplicate 0 + rejected 0 + skipped 0
! headrace: this is a zip archive, which is not read here: unpack it first, as by unzip -p FILE | headrace ... - (orders.zip)
! headrace: DIR/orders.zip: failed (job JOB): this is a zip archive, which is not read here: unpack it first, as by unzip -p FILE | headrace ... -
= 1
END
