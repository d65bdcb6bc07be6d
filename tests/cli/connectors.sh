# connectors.sh: databases and brokers as far as nobody has to answer: what a URI may hold, what is said when it cannot be, and
# where a password never stands.
# shellcheck shell=bash disable=SC2016,SC2154

# Builds without the libraries have none of this.
headrace help postgres >/dev/null 2>&1 && headrace help kafka >/dev/null 2>&1 || return 0

given orders.csv <<'END'
id,name
1,Ann
END

promise 'the options of a connector are explained by its name' \
    'headrace help postgres | grep -E "^(Reading|Writing)|  (mode|watermark)="; headrace help kafka | grep -c "sasl-mechanism="' <<'END'
Reading from postgres://
  watermark=COLUMN
Writing to postgres://
  mode=append|insert-ignore|merge|replace
2
END

promise 'a misspelt option of a database is told, not swallowed' \
    'headrace ingest orders.csv --to "postgres://u@127.0.0.1:1/shop?tabel=x"' <<'END'
! headrace: there is no option "tabel" of postgres://; did you mean table? (postgres://127.0.0.1:1/shop)
= 2
END

promise 'so is one of a table that is read' \
    'headrace ingest "postgres://u@127.0.0.1:1/shop?table=x&watermrk=y" --to zone/' <<'END'
! headrace: there is no option "watermrk" of postgres://; did you mean watermark? (postgres://127.0.0.1:1/shop)
= 2
END

promise 'and one of a topic' 'headrace ingest "kafka://127.0.0.1:1/t?frm=earliest" --to zone/' <<'END'
! headrace: there is no option "frm" of kafka://; did you mean from? (kafka://127.0.0.1:1/t)
= 2
END

promise 'a table that is read has to be named' 'headrace ingest postgres://u@127.0.0.1:1/shop --to zone/' <<'END'
! headrace: neither table nor query was given: what is read is named by option table, or by option query (postgres://127.0.0.1:1/shop)
= 2
END

promise 'so has a topic' 'headrace ingest kafka://127.0.0.1:1 --to zone/' <<'END'
! headrace: the URI names no topic: it is given as kafka://broker:9092/topic (kafka://127.0.0.1:1)
= 2
END

promise 'a scheme that there is not says which there are' 'headrace ingest orders.csv --to postgress://x/y' <<'END'
! headrace: there is no destination of this kind in this build (it has file:// (or a path), - (standard input or output), postgres://, kafka://) (postgress://x/y)
= 2
END

promise 'a ledger is a file' 'headrace jobs --ledger postgres://x/y' <<'END'
! headrace: opening the ledger: this build has no ledger of type 'postgres'; give the path of a file (option ledger) (postgres://x/y)
= 1
END

promise 'a server that is not there is something for later, at a destination' \
    'headrace ingest orders.csv --to "postgres://u@127.0.0.1:1/shop" --reconnect 0 2>&1 | cut -c 1-115; exit "${PIPESTATUS[0]}"' <<'END'
headrace: while connecting to the database: connection to server at "127.0.0.1", port 1 failed: Connection refused;
= 5
END

promise 'and at a source, whose password stands nowhere' \
    'headrace ingest "postgres://u:SESAME@127.0.0.1:1/shop?table=t&password=SESAME" --to "kafka://u:SESAME@127.0.0.1:1/t?password=SESAME" --reconnect 0 >out 2>err
     echo $?; headrace jobs --json >>out; headrace job "$(headrace jobs --limit 1 | cut -f 1)" | grep -E "^(source|destination|options)"
     cat out err state/headrace/* | grep -a -c SESAME' <<'END'
5
source      postgres://u@127.0.0.1:1/shop?table=t
destination kafka://u@127.0.0.1:1/t
options     {"to":"kafka://u@127.0.0.1:1/t","ledger":"DIR/state/headrace/ledger.db","reconnect":"0"}
0
= 1
END

promise 'a file that holds the password is named, and what is in it is not shown' \
    'echo SESAME >secret; headrace ingest "postgres://u@127.0.0.1:1/shop?table=f&password=\${file:secret}" --to zone/ --reconnect 0 >out 2>err
     echo $?; headrace jobs --limit 1 | cut -f 10; cat out err state/headrace/* | grep -a -c SESAME
     headrace ingest "postgres://u@127.0.0.1:1/shop?table=f&password=\${file:nowhere}" --to zone/' <<'END'
5
postgres://u@127.0.0.1:1/shop?table=f&password=${file:secret}
0
! headrace: option password: the file 'nowhere' cannot be read, or is empty (postgres://127.0.0.1:1/shop)
= 1
END

# Sanitized builds have the connectors in the program itself.
if [[ -e $(dirname "$program")/modules/headrace-kafka.so ]]; then
promise 'a connector whose file is missing is named, and where it was looked for' \
    'cp -L "$(command -v headrace)" alone; ./alone ingest orders.csv --to kafka://127.0.0.1:1/t 2>&1 | sed "s/\(headrace-kafka.so in\) .*; /\1 ...; /"; exit "${PIPESTATUS[0]}"' <<'END'
headrace: the connector kafka is not installed: there is no headrace-kafka.so in ...; put it there, or install headrace anew with it (kafka://127.0.0.1:1/t)
= 1
END
fi

promise 'a password that should have been written with %XX is told, and not shown' \
    'for uri in "postgres://u:SES/AME@h/d?table=t" "postgres://u:SES#AME@h/d?table=t" "kafka://u:SES?AME@h/t"; do
         headrace ingest "$uri" --to zone/; headrace ingest orders.csv --to "$uri"; done 2>&1 | sort | uniq -c | sed "s/^ *//"
     cat state/headrace/* | grep -a -c -e SES -e AME' <<'END'
2 headrace: the password in the URI holds / ? # or @ as they are: write %2F %3F %23 %40, or give it by password=${file:PATH} (kafka://h/t)
4 headrace: the password in the URI holds / ? # or @ as they are: write %2F %3F %23 %40, or give it by password=${file:PATH} (postgres://h/d)
0
= 1
END

promise 'flags that tell how a file is written are refused where there is none' \
    'headrace ingest "kafka://127.0.0.1:1/t?from=earliest" --to zone/ --encoding windows-1252; echo $?
     headrace ingest "postgres://127.0.0.1:1/d?table=t" --to zone/ --delimiter ";"; echo $?
     headrace ingest "kafka://127.0.0.1:1/t?from=earliest&value=csv" --to zone/ --delimiter ";" --quote none' <<'END'
2
2
! headrace: option encoding tells how a file is written: it means nothing to a source of this kind
! headrace: option delimiter tells how a file is written: it means nothing to a source of this kind
! headrace: option quote tells how a file is written: it means nothing to a source of this kind
= 2
END

promise 'the list of processes does not show a password' \
    'python3 -c "import socket, time
s = socket.create_server((\"127.0.0.1\", 0)); print(s.getsockname()[1], flush=True); time.sleep(100)" >port & silent=$!
     until [[ -s port ]]; do sleep 0.02; done
     headrace ingest orders.csv --to "postgres://u:SESAME@127.0.0.1:$(<port)/d?sslpassword=SESAME" --table t 2>/dev/null & tried=$!
     for ((i = 0; i < 1000; i++)); do grep -q xxxxxx "/proc/$tried/cmdline" && break; sleep 0.05; done
     tr "\0" " " <"/proc/$tried/cmdline" | sed "s/^.*headrace ingest/headrace ingest/; s/:[0-9][0-9]*\//:PORT\//; s/ $//"; echo
     kill -9 "$tried" "$silent"; wait "$tried" 2>/dev/null' <<'END'
headrace ingest orders.csv --to postgres://u:xxxxxx@127.0.0.1:PORT/d?sslpassword=xxxxxx --table t
= 137
END

promise 'a topic is not copied into itself' \
    'headrace ingest "kafka://127.0.0.1:1/orders?from=earliest" --to "kafka://u:SESAME@127.0.0.1:1/orders?key=id"' <<'END'
! headrace: option to names the source itself (127.0.0.1:1/orders): what lands would be read again, for ever
= 2
END
