# terminal.sh: what differs on a terminal, and that bytes of a file cannot drive it.
# shellcheck shell=bash disable=SC2016,SC2154

# on_terminal COMMAND: runs it with a terminal as its output, newlines as they are on a file.
on_terminal() { script -qec "stty cols 100; $1" /dev/null | tr -d '\r'; }
export -f on_terminal

printf 'id,na\033[31mme\n1,x\n2\033]0;title\007\n' >"$folder/escapes.csv"
mkdir "$folder/names"
printf 'a,b\n1,2\n' >"$folder/names/$(printf 'red\033[31m').csv"

promise 'escape sequences of a rejected row are shown, not obeyed' 'headrace check escapes.csv' <<'END'
escapes.csv: row 2, line 3, byte 17, column 2 'na\x1b[31mme': E_FIELDS: 1 field where the header has 2
    2\x1b]0;title\x07\n
read 2 = loaded 1 + duplicate 0 + rejected 1 + skipped 0
= 3
END

printf 'id,name\n1,"x"\033]0;title\007\n2,"x"\302\2331m\n' >"$folder/quotes.csv"

promise 'escape sequences of a rejected value are shown, not obeyed' 'headrace check quotes.csv' <<'END'
quotes.csv: row 1, line 2, byte 8, column 2 'name': E_QUOTE: bytes between a closing quote and the next delimiter (at byte 13)
    value: "x"\x1b]0;title\x07
    1,"x"\x1b]0;title\x07\n
quotes.csv: row 2, line 3, byte 24, column 2 'name': E_QUOTE: bytes between a closing quote and the next delimiter (at byte 29)
    value: "x"\u009b1m
    2,"x"\u009b1m\n
read 2 = loaded 0 + duplicate 0 + rejected 2 + skipped 0
= 3
END

promise 'nor are they in JSON, which says the same' 'headrace check --json quotes.csv | jq -r ".rejects[1].value" | od -An -c | tr -s " "; headrace check --json quotes.csv | LC_ALL=C grep -c "$(printf "[\033\007\302]")"' <<'END'
 " x " 302 233 1 m \n
0
= 1
END

promise 'escape sequences of a column name are shown, not obeyed' 'headrace sniff escapes.csv | grep -A 2 "^  columns"' <<'END'
  columns     2
           1  id
           2  na\x1b[31mme
END

promise 'escape sequences of a file name are shown, not obeyed' 'headrace sniff names/* | head -n 1; headrace count names/nowhere*' <<'END'
names/red\x1b[31m.csv
! headrace: nothing is there to be read (names/nowhere*)
= 1
END

promise 'an error names a column with escape sequences safely' 'headrace select nome escapes.csv' <<'END'
! headrace: there is no column 'nome'; there are id, na\x1b[31mme (escapes.csv)
= 2
END

promise 'rows on standard output stay as they are, on a terminal too' 'on_terminal "headrace select 2 escapes.csv 2>/dev/null" | head -n 1 | od -An -c | tr -s " "' <<'END'
 n a 033 [ 3 1 m m e \n
= 3
END

promise 'help fits a terminal' 'for c in $(headrace | sed -nE "s/^  ([a-z]+) .*/\1/p"); do headrace "$c" --help; done | grep -v "^  [^-]" | awk "length > 100" | grep -v "^Exit status"' <<'END'
= 1
END
