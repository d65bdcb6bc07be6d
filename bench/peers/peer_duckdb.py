"""peer_duckdb.py: the tasks by DuckDB; see common.py."""
import common
from common import columns, path, taxi, task, threads

import duckdb

db = duckdb.connect()
db.execute(f"SET threads = {threads}")
db.execute("SET enable_progress_bar = false")
text = f"read_csv('{path}', header = true, delim = ',', quote = '\"', escape = '\"', all_varchar = true)"
names = ", ".join(f'"{name}"' for name in columns)


def answer(query):
    print(*db.execute(query).fetchone(), sep="\n")


def copy(query, form):
    db.execute(f"COPY ({query}) TO '/dev/stdout' ({form})")


def typed():
    kinds = {"int64": "BIGINT", "date": "DATE", "timestamp": "TIMESTAMP", "decimal": "DECIMAL(10,2)"}
    # In whole numbers: a sum of doubles is not exact.
    sums = {"int64": '"{0}"', "decimal": '"{0}" * 100', "date": "\"{0}\" - DATE '1970-01-01'",
            "timestamp": 'epoch_us("{0}") // 1000000'}
    given = ", ".join(f"'{name}': '{kinds[kind]}'" for name, kind in taxi)
    wanted = ", ".join(f'count(*) - count("{name}"), sum({sums[kind].format(name)})' for name, kind in taxi)
    row = db.execute(f"SELECT {wanted} FROM read_csv('{path}', header = true, columns = {{{given}}})").fetchone()
    for i, (name, _) in enumerate(taxi):
        print(name, row[2 * i], int(row[2 * i + 1]))


if task == "count":
    answer(f"SELECT count(*) FROM {text}")
elif task == "select":
    copy(f"SELECT {names} FROM {text}", "FORMAT csv, HEADER")
elif task == "convert":
    copy(f"SELECT * FROM {text}", "FORMAT json")
elif task == "typed":
    typed()
elif task == "dedup":
    keys = names
    copy(f"SELECT * EXCLUDE (n) FROM (SELECT *, row_number() OVER () AS n FROM {text}) "
         f"QUALIFY row_number() OVER (PARTITION BY {keys} ORDER BY n) = 1 ORDER BY n", "FORMAT csv, HEADER")
elif task == "json_count":
    answer(f"SELECT count(*) FROM read_ndjson_objects('{path}')")
elif task == "json_fields":
    wanted = ", ".join(f"json_extract_string(json, '{name}') AS \"{name[1:]}\"" for name in columns)
    copy(f"SELECT {wanted} FROM read_ndjson_objects('{path}')", "FORMAT csv, HEADER")
common.leave()
