# bench.sh: what the machine does with a file. Numbers differ, so they stand as N.
# shellcheck shell=bash disable=SC2016,SC2154

given orders.csv <<'END'
id,amount
1,2.50
2,"3,50"
END
printf '{"a":1,"b":"x"}\n{"a":2,"b":"y"}\n' >"$folder/orders.ndjson"
: >"$folder/empty.csv"

promise 'rates of every kernel, then of whole passes' 'headrace bench orders.csv | sed -nE "s/\t(scalar)?\t[0-9]+\.[0-9]+$/ \1 N/p"' <<'END'
count scalar N
index scalar N
fields scalar N
utf-8 scalar N
newlines scalar N
visit  N
read  N
count  N
batches  N
END

promise 'of NDJSON the tasks are others' 'headrace bench orders.ndjson | grep scalar | cut -f 1' <<'END'
validate
two columns
all columns
utf-8
newlines
END

promise 'JSON is one object' 'headrace bench --json orders.csv | sed -E "s/\"gb_per_s\":[0-9.]+/\"gb_per_s\":N/g" | grep -oE "^.\"file\":\"orders.csv\",\"rates\":\[.\"task\":\"count\"|.\"task\":\"batches\".*"' <<'END'
{"file":"orders.csv","rates":[{"task":"count"
{"task":"batches","kernel":null,"gb_per_s":N}],"format":"csv","text_bytes":26,"error":null}
END

promise 'a compressed file is unpacked for the kernels' 'gzip -c orders.csv >orders.csv.gz; headrace bench --json orders.csv.gz | grep -oE "\"text_bytes\":[0-9]+"' <<'END'
"text_bytes":26
END

promise 'an empty file, one that is not there, and standard input cannot be measured' 'for f in empty.csv nowhere.csv -; do headrace bench $f; echo $?; done' <<'END'
1
1
2
! headrace: there is nothing in the file to measure with (empty.csv)
! headrace: looking for "nowhere.csv": No such file or directory
! headrace: bench reads its file several times; standard input can be read once
END
