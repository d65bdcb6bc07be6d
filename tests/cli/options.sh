# options.sh: wrong options and URIs are usage errors, said before anything is tried; quotes of what is landed.
# shellcheck shell=bash disable=SC2016,SC2154

printf 'id,name,price\n1,Ann,2.50\n2,"Bo, Lee",\n' >"$folder/orders.csv"

# each COMMAND-WITH-%s VALUE...: what the command comes to with each value, and the exit status.
each() {
    local command=$1 value
    shift
    for value; do
        # shellcheck disable=SC2059
        eval "headrace $(printf "$command" "$value")" >"$TMPDIR/said" 2>&1
        printf '%s %s\n' $? "$(head -n 1 "$TMPDIR/said" | sed 's/^headrace: //')"
    done
}
mkdir "$folder/tmp"
export -f each

promise 'an empty value is none that was meant' 'export TMPDIR=tmp
    each "ingest orders.csv --to zone %s" --key= --name= --schema= --table= --watermark=
    each "ingest \"%s\" --to zone" "postgres://127.0.0.1:1/d?table=" "postgres://127.0.0.1:1/d?table=t&watermark=" "kafka://127.0.0.1:1/t?group="
    each "ingest orders.csv --to \"%s\"" "postgres://127.0.0.1:1/d?table=" "kafka://127.0.0.1:1/t?checkpoint="' <<'END'
2 option key is empty: give it a value, or leave it out
2 option name is empty: give it a value, or leave it out
2 option schema is empty: give it a value, or leave it out
2 option table is empty: give it a value, or leave it out
2 option watermark is empty: give it a value, or leave it out
2 option table is empty: give it a value, or leave it out (postgres://127.0.0.1:1/d)
2 option watermark is empty: give it a value, or leave it out (postgres://127.0.0.1:1/d)
2 option group is empty: give it a value, or leave it out (kafka://127.0.0.1:1/t)
2 option table is empty: give it a value, or leave it out (postgres://127.0.0.1:1/d)
2 option checkpoint is empty: give it a value, or leave it out (kafka://127.0.0.1:1/t)
END

promise 'so is a URI that cannot be' 'export TMPDIR=tmp
    each "ingest \"%s\" --to zone" postgres:/h/d postgres://h:port/d "postgres://h:70000/d?table=t" "kafka://h:1,[::1]:x/t" s3://b/k
    each "ingest orders.csv --to \"%s\"" postgres:/h/d postgress://h/d kafka://h:0/t "postgres://[::1]:99999/d"; find . -name "*:*"' <<'END'
2 'postgres:/' begins neither a URI nor a path: a URI has two slashes, as in postgres://..., and a path of this name begins with ./ (postgres:/h/d)
2 the URI has 'port' as a port, which is a number up to 65535 (postgres://h:port/d)
2 the URI has '70000' as a port, which is a number up to 65535 (postgres://h:70000/d)
2 the URI has 'x' as a port, which is a number up to 65535 (kafka://h:1,[::1]:x/t)
2 there is no source of this kind in this build (it has file:// (or a path), - (standard input or output), postgres://, kafka://) (s3://b/k)
2 'postgres:/' begins neither a URI nor a path: a URI has two slashes, as in postgres://..., and a path of this name begins with ./ (postgres:/h/d)
2 there is no destination of this kind in this build (it has file:// (or a path), - (standard input or output), postgres://, kafka://) (postgress://h/d)
2 the URI has '0' as a port, which is a number up to 65535 (kafka://h:0/t)
2 the URI has '99999' as a port, which is a number up to 65535 (postgres://[::1]:99999/d)
END

promise 'as many threads as there may be, and no more' 'export TMPDIR=tmp; each "count --threads %s orders.csv" 1 64 65 0' <<'END'
0 2
0 2
2 option threads must be between 1 and 64 (orders.csv)
2 option threads must be between 1 and 64 (orders.csv)
END

promise 'a path of that form lands where it says' 'headrace ingest orders.csv --to ./with:/slash 2>/dev/null; find with: -name "*.zst" | grep -c .; rm -r with:' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
1
END

promise 'wrong values for a table are usage, with the server not there' 'export TMPDIR=tmp
    each "ingest \"postgres://127.0.0.1:1/d?table=t&watermark=w\" --to zone --reconnect 0 %s" "--lookback x" "--lookback 15m" | sed "s/ failed (.*//"
    each "ingest \"%s\" --to zone --reconnect 0" "postgres://127.0.0.1:1/d?table=t&readers=0" "postgres://127.0.0.1:1/d?table=t&lag=x"
    each "ingest orders.csv --to postgres://127.0.0.1:1/d --reconnect 0 %s" "--writers 0" "--writers 65" "--mode x" "--quote-style all"' <<'END'
2 option lookback is a time such as 15m, or a number, not 'x' (postgres://127.0.0.1:1/d)
5 postgres://127.0.0.1:1/d?table=t&watermark=w:
2 option readers is a number from 1 to 64 (postgres://127.0.0.1:1/d)
2 option 'lag' takes a time, such as 30s, not 'x' (postgres://127.0.0.1:1/d)
2 option writers is a number from 1 to 64 (postgres://127.0.0.1:1/d)
2 option writers is a number from 1 to 64 (postgres://127.0.0.1:1/d)
2 option 'mode' takes append|insert-ignore|merge|replace, not 'x'
2 option quote-style means nothing to a destination of this kind (postgres)
END

promise 'and those for a topic' 'export TMPDIR=tmp
    each "ingest \"%s\" --to zone --reconnect 0" "kafka://127.0.0.1:1/t?from=x" "kafka://127.0.0.1:1/t?value=csv" "kafka://127.0.0.1:1/t?metadata=x" \
        "kafka://127.0.0.1:1/t?dead-letter=t" "kafka://127.0.0.1:1/t?username=x" "kafka://127.0.0.1:1/t?on-lost=x"
    each "ingest kafka://127.0.0.1:1/t --to zone --reconnect 0 %s" "--from yesterday"' <<'END'
2 kafka://127.0.0.1:1/t?from=x: failed (job JOB): "x" is no place to begin: option from is earliest, latest, or a time such as TIME
2 kafka://127.0.0.1:1/t?value=csv: failed (job JOB): value=csv needs the names of the columns: columns=a,b,c
2 kafka://127.0.0.1:1/t?metadata=x: failed (job JOB): metadata has "x"; there are key, key64, partition, offset, timestamp, headers, topic
2 kafka://127.0.0.1:1/t?dead-letter=t: failed (job JOB): "t" is no name of another topic, for dead-letter
2 kafka://127.0.0.1:1/t?username=x: failed (job JOB): a user is given, and not how to authenticate: add sasl-mechanism=SCRAM-SHA-512 (or SCRAM-SHA-256, PLAIN)
2 option 'on-lost' takes fail|pause|earliest|latest, not 'x' (kafka://127.0.0.1:1/t)
2 kafka://127.0.0.1:1/t: failed (job JOB): "yesterday" is no place to begin: option from is earliest, latest, or a time such as TIME
END

promise 'a destination without --to is seen' 'export TMPDIR=tmp
    each "ingest %s" orders.csv; headrace ingest orders.csv zone/; headrace ingest orders.csv orders.csv' <<'END'
2 say where the rows shall go: headrace ingest orders.csv --to DEST
! headrace: say where the rows shall go: headrace ingest orders.csv --to zone/
! headrace: say where the rows shall go: headrace ingest orders.csv --to DEST
= 2
END

promise 'a source where nothing is there is named' 'headrace ingest "tmp/*.csv" tmp/nothing* --to zone' <<'END'
! headrace: tmp/*.csv: nothing is there to be read
! headrace: tmp/nothing*: nothing is there to be read
! headrace: there was nothing to do
= 4
END

promise 'quotes of the raw zone and of standard output are as they are wished' \
    'headrace ingest orders.csv --to quoted --name quoted --quote-style all 2>/dev/null; find quoted -name "*.zst" | xargs zstd -dcq
     headrace ingest orders.csv --to - --quote-style strings --schema infer --lineage 2>/dev/null | cut -d , -f 1-5
     headrace ingest orders.csv --to - --quote-style none; headrace ingest orders.csv --to - --quote-style minimal 2>/dev/null' <<'END'
read 2 = loaded 2 + duplicate 0 + rejected 0 + skipped 0
"id","name","price"
"1","Ann","2.50"
"2","Bo, Lee",
"id","name","price","_source","_file"
1,"Ann",2.50,"orders","DIR/orders.csv"
2,"Bo, Lee",,"orders"
id,name,price
1,Ann,2.50
2,"Bo, Lee",
! headrace: option 'quote-style' takes minimal|strings|all, not 'none'
END

promise 'a table and a file of one name are two feeds, and so are tables of two schemas' \
    'for uri in "postgres://u@127.0.0.1:1/shop?table=orders" "postgres://v@127.0.0.1:2/shop?table=public.orders" "postgres://127.0.0.1:1/shop?table=old.orders" \
         "postgres://127.0.0.1:1/shop?query=SELECT%201&label=a:b@c"; do headrace ingest "$uri" --to zone --ledger names.db --reconnect 0 >/dev/null 2>&1; done
     headrace ingest orders.csv --to zone --ledger names.db >/dev/null 2>&1; headrace jobs --ledger names.db | cut -f 3 | sort | uniq -c | sed "s/^ *//"' <<'END'
1 orders
1 postgres.shop.old.orders
2 postgres.shop.public.orders
1 postgres.shop.query.a.b-c
END

promise 'a table that had its short name keeps it' \
    'headrace ingest "postgres://u@127.0.0.1:1/shop?table=orders" --to zone --ledger short.db --name orders --reconnect 0 >/dev/null 2>&1
     headrace ingest "postgres://w@127.0.0.1:2/shop?table=orders" --to zone --ledger short.db --reconnect 0 >/dev/null 2>&1
     headrace ingest "postgres://w@127.0.0.1:2/shop?table=b.orders" --to zone --ledger short.db --reconnect 0 >/dev/null 2>&1
     headrace jobs --ledger short.db | cut -f 3 | sort | uniq -c | sed "s/^ *//"' <<'END'
2 orders
1 postgres.shop.b.orders
END
