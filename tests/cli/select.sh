# select.sh: columns by name and by number.
# shellcheck shell=bash disable=SC2016,SC2154

given people.csv <<'END'
id,"last, first",city
1,"Doe, Jane","New
York"
2,"He said ""hi""",Rome
3,,Oslo
END
given more.csv <<'END'
city,id,"last, first"
Bern,4,"Roe, Max"
END
printf 'id,name\n1,x\n2\n3,z\n' >"$folder/bad.csv"
account='2>/dev/null'

promise 'columns come in the order they are asked for, quoted where they must be' 'headrace select city,id people.csv '"$account" <<'END'
city,id
"New
York",1
Rome,2
Oslo,3
END

promise 'a column may be asked for twice, by number too' 'headrace select 1,id,1 people.csv '"$account" <<'END'
id,id_2,id_3
1,1,1
2,2,2
3,3,3
END

promise 'a name that holds a comma is quoted' "headrace select '\"last, first\"' people.csv $account" <<'END'
"last, first"
"Doe, Jane"
"He said ""hi"""
""
END

promise 'the account goes to standard error' 'headrace select id people.csv >/dev/null' <<'END'
! read 3 = loaded 3 + duplicate 0 + rejected 0 + skipped 0
END

promise 'blank and comment lines are accounted for as skipped' 'printf "id,name\n\n1,x\n#2,y\n" | headrace select id --comment "#" - >/dev/null' <<'END'
! read 3 = loaded 1 + duplicate 0 + rejected 0 + skipped 2
END

promise 'an unknown column suggests a near one' 'headrace select cty people.csv' <<'END'
! headrace: there is no column 'cty'; did you mean city? (people.csv)
= 2
END

promise 'a column that is like none is told with those there are' 'headrace select 9 people.csv' <<'END'
! headrace: there is no column '9'; there are id, last, first, city (people.csv)
= 2
END

promise 'files behind the first are matched by name' 'headrace select id,city people.csv more.csv '"$account" <<'END'
id,city
1,"New
York"
2,Rome
3,Oslo
4,Bern
END

promise 'rejected rows are told, left out, and make the exit status 3' 'headrace select name bad.csv' <<'END'
name
x
z
! bad.csv: row 2, line 3, byte 12, column 2 'name': E_FIELDS: 1 field where the header has 2
!     2\n
! read 3 = loaded 2 + duplicate 0 + rejected 1 + skipped 0
= 3
END

promise 'NDJSON has one object a row, in the order asked for' 'headrace select city,id --write ndjson people.csv '"$account" <<'END'
{"city":"New\nYork","id":"1"}
{"city":"Rome","id":"2"}
{"city":"Oslo","id":"3"}
END

promise 'without a header in the file there is none in the output, unless it is asked for' 'headrace select 2 --no-header bad.csv '"$account; headrace select 2 --no-header --out-header yes bad.csv $account | head -n 1" <<'END'
name
x
z
column_2
= 3
END

promise 'a reader that goes away early is no failure' 'seq 300000 >many.csv; headrace select 1 --no-header many.csv | head -n 1; echo "${PIPESTATUS[*]}"' <<'END'
1
0 0
END
