#!/usr/bin/env python3
"""Reads a file with ten damaged rows through headrace into pyarrow, DuckDB and Polars.

python3 examples/python/read.py          (HEADRACE_LIBRARY=build/shared/libheadrace.so, see README.md)
"""

import ctypes
import pathlib

import duckdb
import polars
import pyarrow

import headrace

here = pathlib.Path(__file__).parent
artists = headrace.open(here.parent / "demo/artists.csv", schema=here / "artists.json")

# pyarrow, by the PyCapsule interface: any library that knows it takes `artists` as it is.
table = pyarrow.RecordBatchReader.from_stream(artists).read_all()
print(f"pyarrow: {table.num_rows} rows; yearOfBirth is {table.schema.field('yearOfBirth').type}")

# What was not accepted is not lost: the whole row, and why.
for reject in artists.rejects[:3]:
    print(f"line {reject.line}: {reject.kind}: {reject.message}")
print(f"{len(artists.rejects)} rows were rejected")

# pyarrow, by the C structures themselves.
stream = (ctypes.c_char * 40)()
artists.export_to(ctypes.addressof(stream))
rows = sum(batch.num_rows for batch in pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream)))
print(f"pyarrow again: {rows} rows")

# DuckDB, in SQL over the stream.
oldest = duckdb.from_arrow(artists).filter("gender = 'Female'").order("yearOfBirth").project("name, yearOfBirth").limit(1)
print("DuckDB:", oldest.fetchall()[0])

# Polars.
frame = polars.DataFrame(artists)
print("Polars:", frame.filter(polars.col("yearOfDeath").is_null()).height, "without a year of death")
