# count.sh: the number of records.
# shellcheck shell=bash disable=SC2016,SC2154

given quoted.csv <<'END'
id,note
1,"two
lines"
2,"and, a delimiter"

3,last
END
given bad.csv <<'END'
id,note
1,a
2
3,c
END
printf 'id\n7' >"$folder/no-newline.csv"
: >"$folder/empty.csv"
gzip -c "$folder/quoted.csv" >"$folder/quoted.csv.gz"

promise 'newlines between quotes, blank lines and the header are no records' 'headrace count quoted.csv' <<'END'
3
END

promise 'a record that would be rejected is counted' 'headrace count bad.csv' <<'END'
3
END

promise 'the last record needs no newline' 'headrace count --header yes no-newline.csv' <<'END'
1
END

promise 'an empty file has no records' 'headrace count empty.csv' <<'END'
0
END

promise 'one number a file, in order, compressed or not' 'headrace count quoted.csv.gz bad.csv empty.csv' <<'END'
3
3
0
END

promise 'a file that is not there does not stop the others, and fails' 'headrace count nowhere.csv bad.csv 2>/dev/null' <<'END'
3
= 1
END

promise 'JSON gives an object a file' 'headrace count --json quoted.csv bad.csv' <<'END'
{"file":"quoted.csv","records":3,"skipped":1}
{"file":"bad.csv","records":3,"skipped":0}
END

promise 'a compressed file that is cut fails' 'head -c 40 quoted.csv.gz >cut.csv.gz; headrace count cut.csv.gz 2>/dev/null' <<'END'
= 1
END

promise 'every kernel counts the same' 'for k in $(headrace version --json | grep -oE "\"kernels\":\[[^]]*" | grep -oE "[a-z]+[0-9]*" | tail -n +2); do headrace count --kernel "$k" quoted.csv; done | uniq' <<'END'
3
END

promise 'any number of threads counts the same, wherever records cross' 'awk "BEGIN { for (i = 0; i < 400000; i++) print i \",\\\"two\" (i % 5 ? \" \" : \"\\n\") \"lines\\\",12\" (i % 7 ? \"\" : \"\\\"\") }" >many.csv; for t in 1 2 3 5; do headrace count --no-header --threads $t many.csv; done | uniq' <<'END'
400000
END
