# examples.sh: the programs of examples/, which use nothing but the public header.
# shellcheck shell=bash disable=SC2016,SC2154

[[ $examples ]] || return 0

given people.csv <<'END'
id,name
1,"Ann ""the first"""
2
3,
4,Bo
END

promise 'count tells rows and rejects' '"$examples/example_count" people.csv' <<'END'
line 3: 1 field where the header has 2
3 rows, 1 rejected
END

promise 'count tells what it cannot open' '"$examples/example_count" nowhere.csv 2>&1 | sed "s/:.*//"; exit "${PIPESTATUS[0]}"' <<'END'
nowhere.csv
= 1
END

promise 'select undoes quotes and pads by its option' '"$examples/example_select" name people.csv' <<'END'
Ann "the first"
(null)
(null)
Bo
END

promise 'feed_socket parses what comes over a connection, in pieces' \
    'mkfifo out; "$examples/example_feed_socket" 0 >out & exec 3<out; read -r _ port <&3; exec 4<>"/dev/tcp/127.0.0.1/$port"
     head -c 20 people.csv >&4; sleep 0.1; tail -c +21 people.csv >&4; exec 4>&-; cat <&3; wait' <<'END'
3 rows, 1 rejected
END
