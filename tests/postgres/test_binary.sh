# test_binary.sh: rows in COPY's binary format: the same rows land, and the same are refused, as in its text format; what
# can go only as text does.
# shellcheck shell=bash disable=SC2154,SC2016

drive() { timeout 200 "$TOOLS/sink_drive" "$@"; }
target() { echo "$(postgres_uri)?table=$1"; }
schema() { # COLUMN...: schema.json of 'name type' and more members: 'price decimal "precision": 5'
    local each name type more sep=''
    {
        printf '{"columns": ['
        for each in "$@"; do
            read -r name type more <<<"$each"
            printf '%s{"name": "%s", "type": "%s"%s}' "$sep" "$name" "$type" "${more:+, $more}"
            sep=', '
        done
        printf ']}\n'
    } >schema.json
}

# Which statement brought each row tells a column that no input has.
how="how text DEFAULT current_query()"
formats() { # TABLE: how many rows came in which format
    sql "SELECT string_agg(format || ':' || n, ' ' ORDER BY format) FROM (SELECT CASE WHEN how LIKE '%FORMAT binary%' THEN 'binary' ELSE 'text' END AS format, count(*) AS n FROM $1 GROUP BY 1) AS f"
}
# The bytes of all rows as the server keeps them: digits that are shown, signs of zeros and all.
bytes_of() { sql "COPY (SELECT $2 FROM $1 ORDER BY n) TO STDOUT (FORMAT binary)" | sha256sum; }

# ---- values ----------------------------------------------------------------------------------------------------------------

# same DEFINITIONS COLUMNS FILE: the file lands in both formats, and all of its rows are the same.
same() {
    local format
    turn=$((${turn-0} + 1))
    for format in text binary; do
        sql "CREATE TABLE t_$format (n int, $1, $how)"
        headrace ingest "$3" --name "turn$turn$format" --schema schema.json --to "$(target t_$format)&copy=$format" >/dev/null
        equal "$(formats t_$format)" "$format:$(sql "SELECT count(*) FROM t_$format")"
    done
    equal "$(bytes_of t_binary "n, $2")" "$(bytes_of t_text "n, $2")" "what lands as binary"
    sql "DROP TABLE t_text, t_binary"
}

test_values_land_the_same_of_every_type() {
    cat >rows.csv <<'CSV'
n,i2,i4,i8,b,d,dd,f,day,ts,tz,u,w,v,c,j,jb
1,-32768,-2147483648,-9223372036854775808,true,0,0.00,0,0001-01-01,0001-01-01 00:00:00,0001-01-01T00:00:00Z,00000000-0000-0000-0000-000000000000,a,abcd,ab,null,null
2,32767,2147483647,9223372036854775807,f,-0.0,-1.5,-0,9999-12-31,9999-12-31T23:59:59.999999,9999-12-31 23:59:59.999999Z,ffffffff-FFFF-ffff-FFFF-ffffffffffff,"a ""quoted"" text, and a long one","abcd","ab","{""a"": [1, 2.50]}","{""b"": 1.50, ""a"": ""\u00e9""}"
3,0,-0,+5,Yes,99999999999999999999999999999999999999,12.30,NaN,2000-02-29,1999-12-31 23:59,2000-01-01 00:00:00.5+15:59,0199f2a4-0000-7000-8000-000000000001,"","","","[]"," 1 "
4,+1,1,1,0,-12345678901234567890123456789012345678,.5,Infinity,1970-01-01,1970-01-01t00:00:00.1,1970-01-01T00:00-15,0199F2A4-0000-7000-8000-000000000002,é,äöü,€,"""s""","""s"""
5,,,,,,,,,,,,,,,,
6,1,1,1,on,1,5.,-Infinity,1900-02-28,2024-06-01T10:00:00.100000000,2024-06-01T10:00:00+0200,0199f2a4-0000-7000-8000-000000000003,"two
lines","x ","y ",1e5,1e5
7,1,1,1,OFF,1000000000000000000,0.01,5e-324,1582-10-15,1582-10-15 00:00:00,1582-10-15 00:00:00+02,0199f2a4-0000-7000-8000-000000000004, blank , b,1,true,true
8,1,1,1,n,10000,-0.01,1.7976931348623157e308,2024-12-31,2024-12-31 12:34:56.123456,2024-12-31 12:34:56.123456-08:00,0199f2a4-0000-7000-8000-000000000005,\N,\.,\,"""\\""","""\\"""
CSV
    schema 'n int64' 'i2 int64' 'i4 int64' 'i8 int64' 'b bool' 'd decimal "precision": 38, "scale": 0' 'dd decimal "precision": 38, "scale": 20' \
        'f float64' 'day date' 'ts timestamp' 'tz timestamp "zone": true' 'u uuid' 'w text' 'v text' 'c text' 'j json' 'jb json'
    local columns=i2,i4,i8,b,d,dd,f,day,ts,tz,u,w,v,c,j,jb
    same "i2 int2, i4 int4, i8 int8, b bool, d numeric, dd numeric, f float8, day date, ts timestamp, tz timestamptz, u uuid, w text, v varchar(4), c char(2), j json, jb jsonb" $columns rows.csv
}

test_values_land_the_same_in_columns_of_other_types() {
    cat >rows.csv <<'CSV'
n,i,j,k,b,d,e,day,ts,tz,u,w,x
1,-9223372036854775808,+5,-0,true,12345678901234567890123456789.50,-0.0,0001-01-01,0001-01-01 00:00:00,0001-01-01T00:00:00Z,00000000-0000-0000-0000-000000000000,[1],{}
2,9223372036854775807,9007199254740993,12,No,.5,5.,9999-12-31,9999-12-31 23:59:59.999999,9999-12-31 23:59:59.999999Z,FFFFFFFF-ffff-ffff-ffff-ffffffffffff,"""t""","""s"""
3,0,1,-7,1,+7,0.10,2024-02-29,2024-06-01T10:00,2024-06-01T10:00+02,0199f2a4-0000-7000-8000-000000000001,1e5,null
4,,,,,,,,,,,,
CSV
    schema 'n int64' 'i int64' 'j int64' 'k int64' 'b bool' 'd decimal "precision": 38, "scale": 5' 'e decimal "precision": 38, "scale": 5' 'day date' 'ts timestamp' \
        'tz timestamp "zone": true' 'u uuid' 'w text' 'x json'
    same "i numeric, j float8, k text, b varchar, d numeric(38,6), e float8, day timestamp, ts timestamp(6), tz timestamptz(6), u char(40), w jsonb, x text" \
        i,j,k,b,d,e,day,ts,tz,u,w,x rows.csv
    same "i text, j varchar(30), k jsonb, b text, d text, e varchar, day text, ts text, tz varchar, u text, w json, x varchar" \
        i,j,k,b,d,e,day,ts,tz,u,w,x rows.csv
}

test_numbers_land_the_same_however_they_are_written() {
    awk 'BEGIN {
        srand(11); print "n,d,s,i,f,x,g"
        for (n = 0; n < 6000; n++) {
            digits = ""; point = int(rand() * 21)
            for (k = 0; k < point + 1 + int(rand() * 17); k++) digits = digits int(rand() * (rand() < .3 ? 1 : 10))
            whole = substr(digits, point + 1); sub(/^0+/, "", whole); if (whole == "" && (point == 0 || rand() < .7)) whole = "0"
            frac = substr(digits, 1, point); sign = rand() < .3 ? "-" : rand() < .1 ? "+" : ""
            d = sign whole (point || rand() < .1 ? "." frac : "")
            i = sign (whole == "" || length(whole) > 18 ? "0" : whole)
            f = sign (whole == "" ? "0" : substr(whole, 1, 17)) "." (frac == "" ? "0" : frac) "e" int(rand() * 600 - 300)
            printf "%d,%s,%s,%s,%s,%s,%s\n", n, d, d, i, f, d, i
        }
    }' >rows.csv
    schema 'n int64' 'd decimal "precision": 38, "scale": 20' 's decimal "precision": 38, "scale": 20' 'i int64' 'f float64' 'x decimal "precision": 38, "scale": 20' 'g int64'
    same "d numeric, s numeric(38,20), i numeric(30,5), f float8, x float8, g float8" d,s,i,f,x,g rows.csv
}

test_times_land_the_same_however_they_are_written() {
    awk 'function two(n) { return sprintf("%02d", int(n)) }
    BEGIN {
        srand(7); print "n,day,ts,tz,short,mid"
        for (n = 0; n < 6000; n++) {
            day = sprintf("%04d-%02d-%02d", rand() < .5 ? 1900 + rand() * 200 : 2 + rand() * 9996, 1 + rand() * 12, 1 + rand() * 28)
            clock = two(rand() * 24) ":" two(rand() * 60)
            if (rand() < .9) clock = clock ":" two(rand() * 60) (rand() < .6 ? "." substr(sprintf("%06d000", rand() * 1000000), 1, 1 + rand() * 9) : "")
            z = rand(); hour = two(rand() * 16)
            zone = z < .3 ? "Z" : z < .4 ? "z" : (rand() < .5 ? "-" : "+") (z < .6 ? hour : z < .8 ? hour two(rand() * 60) : hour ":" two(rand() * 60))
            sep = rand() < .5 ? " " : rand() < .9 ? "T" : "t"
            printf "%d,%s,%s%s%s,%s%s%s%s,%s 10:00:00.12,%s\n", n, day, day, sep, clock, day, sep, clock, zone, day, day
        }
    }' >rows.csv
    schema 'n int64' 'day date' 'ts timestamp' 'tz timestamp "zone": true' 'short timestamp' 'mid date'
    # Whatever the session's own way of writing and reading times is.
    sql "ALTER DATABASE \"$PGDATABASE\" SET datestyle = 'SQL, DMY'" "ALTER DATABASE \"$PGDATABASE\" SET timezone = 'Asia/Kathmandu'"
    same "day date, ts timestamp, tz timestamptz, short timestamp(2), mid timestamp" day,ts,tz,short,mid rows.csv
}

test_records_of_ndjson_land_the_same() {
    cat >rows.ndjson <<'JSON'
{"n": 1, "t": "plain", "d": 1.50, "b": true, "j": {"a": "\u00e9", "b": [1, 2]}, "x": 12, "at": "2024-06-01T10:00:00Z"}
{"n": 2, "t": "esc\"aped \u00e9 and \n longer than twelve bytes", "d": "-0.00", "b": "yes", "j": "a string", "x": "s\tt", "at": "2024-06-01T10:00:00+02:00"}
{"n": 3, "t": null, "d": null, "b": null, "j": null, "x": null, "at": null}
{"n": 4, "t": "", "d": 99999999999999999999.5, "b": 0, "j": "12", "x": [1, "two"], "at": "0001-01-01 00:00Z"}
{"n": 5, "t": 1.50, "d": "+7", "b": false, "j": 12, "x": {"y": null}, "at": "9999-12-31T23:59:59.999999Z"}
{"n": 6}
JSON
    schema 'n int64' 't text' 'd decimal "precision": 30, "scale": 5' 'b bool' 'j json' 'x text' 'at timestamp "zone": true'
    same "t text, d numeric, b bool, j jsonb, x varchar(80), at timestamptz" t,d,b,j,x,at rows.ndjson
    sql "CREATE TABLE t (n int, j jsonb)"
    headrace ingest rows.ndjson --name strings --schema schema.json --columns n,j --to "$(target t)&copy=text" >/dev/null
    equal "$(sql "SELECT j::text || jsonb_typeof(j) FROM t WHERE n IN (2, 4) ORDER BY n")" $'"a string"string\n"12"string'
}

test_texts_of_a_database_with_another_encoding_land_the_same() {
    local all=$PGDATABASE other=${PGDATABASE}_latin
    sql "CREATE DATABASE \"$other\" ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0"
    PGDATABASE=$other
    printf 'n,day,w\n1,2024-01-01,é\n2,2024-01-01,€\n3,2024-01-01,plain\n' >rows.csv
    schema 'n int64' 'day date' 'w text'
    for format in text binary; do
        sql "CREATE TABLE t_$format (n int, day date, w text)"
        ends 3 drive rows.csv "$(target t_$format)&copy=$format" schema=schema.json feed=$format
        printf '%s\n' "$out" >$format.out
        equal "$(PGCLIENTENCODING=UTF8 sql "SELECT string_agg(w, ',' ORDER BY n) FROM t_$format")" é,plain
    done
    cmp text.out binary.out
    contains "$(<binary.out)" 'row 2 column'
    PGDATABASE=$all
    sql "DROP DATABASE \"$other\""
}

# ---- rows that are refused ---------------------------------------------------------------------------------------------------

test_the_same_rows_are_refused_with_the_same_words() {
    cat >rows.csv <<'CSV'
id,small,amount,day,at,moment,word,doc,f,ref
1,1,1.50,2024-01-01,2024-01-01 00:00:00.12,2024-01-01T00:00:00Z,good,{},1,1
2,40000,1.50,2024-01-01,,,rang,{},1,1
3,1,1.555,2024-01-01,,,rnd,{},1,1
4,1,123456.50,2024-01-01,,,over,{},1,1
5,1,1.50,2024-01-01,2024-01-01 00:00:00.123,,frac,{},1,1
6,1,1.50,2024-01-01,,2024-01-01T00:00:00+16:00,zone,{},1,1
7,1,1.50,2024-01-01,,,toolong,{},1,1
8,1,1.50,2024-01-01,,,abcd ,{},1,1
9,1,1.50,2024-01-01,,,json,"{""a"": ""\u0000""}",1,1
10,1,1.50,2024-01-01,,,tiny,{},1e-400,1
11,1,1.50,2024-01-01,,,,{},1,1
12,1,1.50,2024-01-01,,,fkey,{},1,99
13,13,1.50,2024-01-01,,,chk,{},1,1
1,1,1.50,2024-01-01,,,dup,{},1,1
15,1,1.50,2024-01-01,,,last,{},1,1
CSV
    schema 'id int64' 'small int64' 'amount decimal "precision": 20, "scale": 5' 'day date' 'at timestamp' 'moment timestamp "zone": true' 'word text' 'doc json' 'f float64' 'ref int64'
    sql "CREATE TABLE parent (id int PRIMARY KEY)" "INSERT INTO parent VALUES (1)"
    local format mode
    for mode in append insert-ignore merge; do
        for format in text binary; do
            sql "CREATE TABLE t (id int PRIMARY KEY, small int2 CHECK (small <> 13), amount numeric(6,2), day date, at timestamp(2), moment timestamptz, word varchar(4) NOT NULL, doc jsonb, f float8, ref int REFERENCES parent)"
            ends 3 drive rows.csv "$(target t)&copy=$format&mode=$mode" schema=schema.json feed="$mode$format"
            printf '%s\n' "$out" >$format.out
            sql "SELECT * FROM t ORDER BY id" >>$format.out
            sql "DROP TABLE t"
        done
        cmp text.out binary.out || broken "$(diff text.out binary.out)"
    done
    contains "$(<binary.out)" 'row 2 column 1: value "40000" is out of range for type smallint (SQLSTATE 22003)'
    contains "$(<binary.out)" "row 3 column 2: '1.555' has more digits behind the point than the column"
    contains "$(<binary.out)" 'row 4 column 2: numeric field overflow (SQLSTATE 22003)'
    contains "$(<binary.out)" "row 5 column 4: '2024-01-01 00:00:00.123' has a finer fraction"
    contains "$(<binary.out)" 'row 6 column 5: time zone displacement out of range'
    contains "$(<binary.out)" "row 8 column 6: 'abcd ' has more letters than the column"
    contains "$(<binary.out)" 'row 9 column 7: unsupported Unicode escape sequence'
    contains "$(<binary.out)" 'row 10 column 8: "1e-400" is out of range for type double precision'
}

# What we refuse by ourselves costs its row; what the server refuses takes its segment to text, and no other.
test_only_segments_with_rows_that_the_server_refuses_go_as_text() {
    awk 'BEGIN { print "n,day,d"; for (i = 0; i < 200000; i++) print i ",2024-01-01," (i == 60000 ? "1.555" : i == 130000 ? "123456" : "1.5") }' >rows.csv
    schema 'n int64' 'day date' 'd decimal "precision": 20, "scale": 5'
    sql "CREATE TABLE t (n int4, day date, d numeric(6,2), $how)"
    ends 3 drive rows.csv "$(target t)&writers=2" schema=schema.json segment=20000 segments=3
    contains "$out" "row 60001 column 2: '1.555' has more digits"
    contains "$out" "row 130001 column 2: numeric field overflow"
    contains "$out" "loaded 199998 refused 2"
    local text
    text=$(sql "SELECT count(*) FROM t WHERE how NOT LIKE '%binary%'")
    ((text >= 20000 && text < 30000)) || broken "$text rows came as text"
    equal "$(sql "SELECT max(n) - min(n) < 30000, min(n) < 130000, max(n) > 130000 FROM t WHERE how NOT LIKE '%binary%'")" "t|t|t"
    # A value that binary cannot have is met in the middle of a COPY that has begun.
    sql "TRUNCATE t" "ALTER TABLE t ALTER n TYPE int2"
    awk 'BEGIN { print "n,day,d"; for (i = 0; i < 100000; i++) print (i == 50000 ? 32768 : i % 32768) ",2024-01-01,1.5" }' >rows.csv
    ends 3 drive rows.csv "$(target t)" schema=schema.json segment=20000 segments=2 feed=second
    contains "$out" 'row 50001 column 0: value "32768" is out of range for type smallint'
    equal "$(sql "SELECT count(*) FROM t")" 99999
    contains "$(formats t)" binary:
}

test_a_null_byte_costs_its_row_alone() {
    printf '{"n": 1, "day": "2024-01-01", "w": "a"}\n{"n": 2, "day": "2024-01-01", "w": "a\\u0000b"}\n{"n": 3, "day": "2024-01-01", "w": "long enough to stand elsewhere"}\n' >rows.ndjson
    schema 'n int64' 'day date' 'w text'
    sql "CREATE TABLE t (n int, day date, w text)"
    ends 3 drive rows.ndjson "$(target t)&copy=binary" schema=schema.json
    contains "$out" "row 2 column 2: the value has a NUL byte"
    equal "$(sql "SELECT string_agg(n::text, ',' ORDER BY n) FROM t")" 1,3
}

# ---- the choice ----------------------------------------------------------------------------------------------------------------

test_auto_chooses_binary_where_it_is_exact_and_pays() {
    printf 'n,day,w\n1,2024-01-01,a\n' >rows.csv
    schema 'n int64' 'day date' 'w text'
    sql "CREATE TABLE t (n int, day date, w text, $how)"
    headrace ingest rows.csv --name a --schema schema.json --to "$(target t)" >/dev/null
    equal "$(formats t)" binary:1
    equal "$(headrace jobs --json | jq -c .metadata.destination)" '{"copy":"binary"}'
    # Texts alone, a type that only text suits; but a domain is what it stands for, and an enum takes the text of a label.
    printf 'n,day,w\n2,2024-01-01,a\n' >rows.csv
    schema 'n text' 'day text' 'w text'
    sql "CREATE TABLE texts (n text, day text, w text, $how)"
    headrace ingest rows.csv --name c --schema schema.json --to "$(target texts)" >/dev/null
    equal "$(formats texts)" text:1
    schema 'n int64' 'day date' 'w text'
    sql "CREATE TYPE mood AS ENUM ('a', 'b')" "CREATE DOMAIN word AS text CHECK (VALUE <> 'z')" \
        "CREATE TABLE moods (n int, day date, w mood, $how)" "CREATE TABLE words (n int, day date, w word, $how)" \
        "CREATE TABLE moments (n int, day timestamptz, w text, $how)"
    local table
    for table in moods words moments; do
        headrace ingest rows.csv --name "$table" --schema schema.json --to "$(target $table)" >/dev/null
        equal "$(formats $table)" "$([[ $table == moments ]] && echo text || echo binary):1"
    done
    equal "$(headrace jobs --json | jq -r 'select(.feed == "moments") | .metadata.destination.why')" \
        'values of column "day" are date, and go into timestamp with time zone only as text'
}

test_binary_that_cannot_be_is_an_error_that_names_the_column() {
    printf 'n,day,w\n1,2024-01-01,a\n' >rows.csv
    schema 'n int64' 'day timestamp "zone": true' 'w text'
    sql "CREATE TABLE t (n int, day timestamp, w text)" "CREATE TABLE spans (n int, day interval, w text)"
    ends 1 drive rows.csv "$(target spans)&copy=binary"
    contains "$out" 'option copy=binary: values of column "day" go into interval only as text; choose copy=auto, or another type'
    ends 1 drive rows.csv "$(target t)&copy=binary" schema=schema.json
    contains "$out" 'option copy=binary: values of column "day" are timestamp with zone, and go into timestamp without time zone only as text'
    ends 1 drive rows.csv "$(target t)&copy=fast"
    contains "$out" copy
    equal "$(sql "SELECT count(*) FROM t")" 0
}

test_lineage_keys_and_drift_in_binary() {
    printf 'n,day,w,more\n1,2024-01-01,a,\n2,2024-01-02,b,x\n3,2024-01-03,c,\n' >rows.csv
    schema 'n int64' 'day date' 'w text' 'more text'
    sql "CREATE TABLE t (n int PRIMARY KEY, day date, w text, hash bytea, _source text, _file text, _row bigint, _offset bigint, _ingested_at timestamptz, _key text)"
    ends 3 headrace ingest rows.csv --name f --key n --hash sha256 --schema schema.json --lineage --drift reject-row --to "$(target t)&copy=binary&key-column=hash"
    equal "$(sql "SELECT n, day, w, encode(hash, 'hex') = _key, length(hash), _source, _file LIKE '%rows.csv', _row, _offset, _ingested_at > now() - interval '1 min' FROM t ORDER BY n")" \
        $'1|2024-01-01|a|t|32|f|t|1|13|t\n3|2024-01-03|c|t|32|f|t|3|46|t'
    contains "$(headrace errors "$(headrace jobs --json | jq -r .id)" --json)" "has no column in the table"
}

test_sources_several_threads_and_mended_rows_go_in_binary() {
    schema 'id int64' 'day date' 'amount decimal "precision": 12, "scale": 2' 'w text'
    sql "CREATE TABLE t (id int PRIMARY KEY, day date, amount numeric(12,2), w text, $how)" \
        "CREATE TABLE copied (id int PRIMARY KEY, day date, amount numeric(12,2), w text, $how)"
    awk 'BEGIN { print "id,day,amount,w"; for (i = 1; i <= 100000; i++) print i ",2024-01-0" i % 9 + 1 "," i / 4 "," (i % 7 ? "word " i : "") }' >rows.csv
    headrace ingest rows.csv --name many --threads 2 --writers 2 --schema infer --to "$(target t)&copy=binary" >/dev/null
    equal "$(sql "SELECT count(*), sum(id), sum(amount), count(w), sum(extract(day FROM day)) FROM t")" \
        "100000|5000050000|1250012500.00|85715|$(awk 'BEGIN { for (i = 1; i <= 100000; i++) s += i % 9 + 1; print s }')"
    equal "$(formats t)" binary:100000
    headrace ingest "$(target t)&key=id" --columns id,day,amount,w --name copied --schema schema.json --to "$(target copied)&copy=binary" >/dev/null
    equal "$(formats copied)" binary:100000
    equal "$(sql "SELECT count(*) FROM t JOIN copied USING (id, day, amount) WHERE t.w IS NOT DISTINCT FROM copied.w")" 100000
    printf 'id,day,amount,w\n100001,2024-01-01,1.50,a\n1,2024-01-01,1.50,twice\n' >more.csv
    ends 3 headrace ingest more.csv --name mended --schema schema.json --to "$(target t)"
    local job
    job=$(headrace jobs --json | jq -r 'select(.feed == "mended") | .id')
    headrace errors "$job" --csv | sed 's/^1,/100002,/' >mended.csv
    headrace retry "$job" --rows mended.csv
    equal "$(sql "SELECT how LIKE '%FORMAT binary%', amount FROM t WHERE id = 100002")" 't|1.50'
}

# ---- modes, kills, servers that end ----------------------------------------------------------------------------------------------

dated() { awk -v n="$1" -v k="$2" 'BEGIN { print "id,day,n"; for (i = 0; i < n; i++) print i % k ",2024-01-01," i }' >rows.csv; }

test_every_mode_loads_binary() {
    schema 'id int64' 'day date' 'n int64'
    dated 3000 1000
    sql "CREATE TABLE t (id int PRIMARY KEY, day date, n int)" "INSERT INTO t VALUES (7, '2000-01-01', -1)"
    headrace ingest rows.csv --name i --schema schema.json --to "$(target t)&mode=insert-ignore&copy=binary" >said
    contains "$(<said)" "loaded 999 + duplicate 2 001 + rejected 0"
    equal "$(sql "SELECT count(*), min(n), sum(n) FROM t")" "1000|-1|$((2499500 - 2007 - 1))"
    headrace ingest rows.csv --name m --schema schema.json --segment-rows 500 --writers 2 --to "$(target t)&mode=merge&copy=binary" >said
    equal "$(sql "SELECT count(*), min(n), sum(n), min(day) FROM t")" "1000|2000|2499500|2024-01-01"
    dated 2000 2000
    headrace ingest rows.csv --name r --schema schema.json --segment-rows 500 --to "$(target t)&mode=replace&copy=binary" >said
    equal "$(sql "SELECT count(*), min(n), max(n) FROM t")" "2000|0|1999"
    # None of them had to be sent again.
    equal "$(headrace jobs --json | jq -c .metadata.destination | sort | uniq -c | tr -s ' ')" ' 3 {"copy":"binary"}'
}

test_killed_at_each_step_every_row_lands_once() {
    schema 'id int64' 'day date' 'n int64'
    dated 200000 1000000
    local mode step
    for mode in append merge; do
        sql "CREATE TABLE $mode (id int PRIMARY KEY, day date, n int)"
        for step in written:0 prepared:0 published:1 prepared:2 written:3; do
            ends 9 drive rows.csv "$(target $mode)&mode=$mode&copy=binary" schema=schema.json segment=20000 segments=3 feed=$mode stop=$step
        done
        drive rows.csv "$(target $mode)&mode=$mode&copy=binary" schema=schema.json segment=20000 segments=3 feed=$mode
        equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n) FROM $mode")" "200000|200000|19999900000"
    done
}

test_a_server_that_restarts_in_the_middle_costs_no_row() {
    schema 'id int64' 'day date' 'n int64'
    dated 1500000 2000000
    sql "CREATE TABLE t (id int, day date, n int, $how)"
    headrace ingest rows.csv --name f --schema schema.json --segment-rows 20000 --reconnect 60s --to "$(target t)&copy=binary" >said 2>&1 &
    local job=$!
    soon eval '[[ $(sql "SELECT count(*) > 100000 FROM t") == t ]]'
    kill -0 "$job" || broken "it was too quick"
    postgres restart
    wait "$job" || broken "$(<said)"
    equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n) FROM t")" "1500000|1500000|1124999250000"
    equal "$(formats t)" binary:1500000
}

# Bytes of one type must never be taken for those of another.
test_a_table_that_is_altered_meanwhile_gets_the_same_values() {
    schema 'id int64' 'day date' 'n int64'
    dated 100000 200000
    sql "CREATE TABLE t (id int8, day date, n int8)"
    mkfifo go
    exec 7<>go
    drive rows.csv "$(target t)" schema=schema.json segment=20000 pause=published:1 <go >said 2>&1 &
    local job=$! rc=0
    soon grep -q paused said
    sql "ALTER TABLE t ALTER n TYPE float8"
    echo go >&7
    wait "$job" || rc=$?
    equal "$rc" 4 "the status"
    contains "$(<said)" 'HR_E_CHANGED (retryable): table "public"."t" was altered while rows were loaded'
    drive rows.csv "$(target t)" schema=schema.json segment=20000
    equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n), max(n) FROM t")" "100000|100000|4999950000|99999"
}

test_a_new_table_that_is_altered_meanwhile_gets_no_bytes_of_another_type() {
    schema 'id int64' 'day date' 'n int64'
    dated 100000 200000
    sql "CREATE TABLE t (id int8, day date, n int8)"
    mkfifo go
    exec 7<>go
    drive rows.csv "$(target t)&mode=replace" schema=schema.json segment=20000 pause=published:1 <go >said 2>&1 &
    local job=$! rc=0 fresh
    soon grep -q paused said
    fresh=$(sql "SELECT relname FROM pg_class WHERE relname LIKE 'headrace_0%'")
    sql "ALTER TABLE t ALTER n TYPE float8" "ALTER TABLE \"$fresh\" ALTER n TYPE float8"
    echo go >&7
    wait "$job" || rc=$?
    equal "$rc" 1 "the status"
    contains "$(<said)" "was altered while rows were loaded into it"
    drive rows.csv "$(target t)&mode=replace" schema=schema.json segment=20000
    equal "$(sql "SELECT count(*), count(DISTINCT id), sum(n), max(n) FROM t")" "100000|100000|4999950000|99999"
}
