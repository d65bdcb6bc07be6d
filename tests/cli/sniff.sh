# sniff.sh: what was detected, and the flags that pin it.
# shellcheck shell=bash disable=SC2016,SC2154

printf 'nom;\303\242ge;ville\nAnne;31;Gen\303\250ve\nLuc;45;Nice\nZo\303\251;28;Lyon\n' >"$folder/villes.csv"
printf 'report of today\n\na\tb\n1\t2\n3\t4\n5\t6\n' >"$folder/tab separated.txt"
given plain.csv <<'END'
id,name
1,x
2,y
END

promise 'sniff says encoding, delimiter, header and columns' 'headrace sniff villes.csv | sed "s/, confidence.*//" | grep -E "^  (encoding|delimiter|header|columns)|^ +[0-9]+  [^ ]"' <<'END'
  encoding    utf-8
  delimiter   ;
  header      yes
  columns     3
           1  nom
           2  âge
           3  ville
END

promise 'the flags it prints give the same account when they are pasted' 'headrace sniff "tab separated.txt" | sed -n "s/^  pinned by *//p" >line; cat line; sh ./line' <<'END'
headrace check --format csv --encoding utf-8 --delimiter '\t' --quote '"' --escape none --comment none --header yes --skip-lines 2 'tab separated.txt'
read 5 = loaded 3 + duplicate 0 + rejected 0 + skipped 2
END

promise 'JSON is one object a file with the same flags' 'headrace sniff --json plain.csv | grep -oE "\"(encoding|delimiter|header|skip_lines|columns|flags)\":(\[[^]]*\]|\"([^\"\\]|\\\\.)*\"|[^,]*)"' <<'END'
"encoding":"ascii"
"delimiter":","
"header":true
"skip_lines":0
"columns":["id","name"]
"flags":"--format csv --encoding utf-8 --delimiter , --quote '\"' --escape none --comment none --header yes --skip-lines 0"
END

promise 'what is pinned is not detected' 'headrace sniff --no-header --delimiter "|" plain.csv | grep -E "^  (delimiter|header)|^ +[0-9]+  [^ ]"' <<'END'
  delimiter   |
  header      no
           1  column_1
END

promise 'a file that is not there fails, the others are shown' 'headrace sniff nowhere.csv plain.csv 2>/dev/null | head -n 1; exit "${PIPESTATUS[0]}"' <<'END'
plain.csv
= 1
END
