"""peer_pyarrow.py: the tasks by PyArrow's readers, batch by batch where they can; see common.py."""
import sys

import common
from common import columns, newlines, path, taxi, task, threads

import pyarrow as pa
import pyarrow.compute as pc
from pyarrow import csv, json

pa.set_cpu_count(threads)
reading = csv.ReadOptions(use_threads=threads > 1, block_size=1 << 20)
parsing = csv.ParseOptions(newlines_in_values=newlines)


def header():
    """The names, for all columns are to be taken as text."""
    with open(path, "rb") as file:
        return file.readline().decode().rstrip("\n").split(",")


def texts(names):
    kinds = {name: pa.string() for name in names}
    return csv.ConvertOptions(include_columns=names, column_types=kinds, strings_can_be_null=False)


def typed():
    kinds = {"int64": pa.int64(), "date": pa.date32(), "timestamp": pa.timestamp("us"), "decimal": pa.decimal128(10, 2)}
    options = csv.ConvertOptions(column_types={name: kinds[kind] for name, kind in taxi})
    table = csv.read_csv(path, read_options=reading, parse_options=parsing, convert_options=options)
    for name, kind in taxi:
        column = table[name]
        if kind == "date":
            column = column.cast(pa.int32())
        elif kind == "timestamp":
            column = pc.divide(column.cast(pa.int64()), 1000000)
        total = pc.sum(column).as_py()
        print(name, column.null_count, int(total * 100 if kind == "decimal" else total))


if task == "count":
    first = header()[:1]
    print(sum(batch.num_rows for batch in csv.open_csv(path, reading, parsing, texts(first))))
elif task == "select":
    reader = csv.open_csv(path, reading, parsing, texts(columns))
    with csv.CSVWriter(sys.stdout.buffer, reader.schema) as writer:
        for batch in reader:
            writer.write_batch(batch)
elif task == "typed":
    typed()
elif task == "json_count":
    options = json.ReadOptions(use_threads=threads > 1)
    print(json.read_json(path, read_options=options).num_rows)
common.leave()
