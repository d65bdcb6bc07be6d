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
