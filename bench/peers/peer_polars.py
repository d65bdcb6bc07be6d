"""peer_polars.py: the tasks by Polars, lazily and with its streaming engine; see common.py."""
import os

import common
from common import columns, path, taxi, task, threads

os.environ["POLARS_MAX_THREADS"] = str(threads)
import polars as pl  # noqa: E402  (after its environment)


def typed():
    kinds = {"int64": pl.Int64, "date": pl.Date, "timestamp": pl.Datetime("us"), "decimal": pl.Decimal(10, 2)}
    frame = pl.scan_csv(path, schema={name: kinds[kind] for name, kind in taxi}, try_parse_dates=True)
    wanted = []
    for name, kind in taxi:
        column = pl.col(name)
        value = {"int64": column, "decimal": column * 100, "date": column.to_physical(),
                 "timestamp": column.to_physical() // 1000000}[kind]
        wanted += [column.null_count().alias(name + " n"), value.cast(pl.Int64).sum().alias(name)]
    row = frame.select(wanted).collect(engine="streaming")
    for name, _ in taxi:
        print(name, row[name + " n"][0], row[name][0])


if task in ("json_count", "json_fields"):
    frame = pl.scan_ndjson(path)
    if task == "json_count":
        print(frame.select(pl.len()).collect(engine="streaming").item())
    else:
        def member(pointer):
            first, *rest = pointer[1:].split("/")
            value = pl.col(first)
            for name in rest:
                value = value.struct.field(name)
            return value.cast(pl.String).alias(pointer[1:])

        frame.select([member(name) for name in columns]).sink_csv("/dev/stdout", engine="streaming")
elif task == "typed":
    typed()
else:
    frame = pl.scan_csv(path, infer_schema=False)
    if task == "count":
        print(frame.select(pl.len()).collect(engine="streaming").item())
    elif task == "select":
        frame.select(columns).sink_csv("/dev/stdout", engine="streaming")
    elif task == "convert":
        frame.sink_ndjson("/dev/stdout", engine="streaming")
    elif task == "dedup":
        frame.unique(subset=columns, keep="first", maintain_order=True).sink_csv("/dev/stdout", engine="streaming")
common.leave()
