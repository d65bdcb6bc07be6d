"""peer_dlt.py FILE TABLE FOLDER: a CSV file into a table of the PostgreSQL at $PG by dlt, read by PyArrow, as CSV files."""
import os
import sys

import dlt
import pyarrow
from pyarrow import csv


@dlt.resource(name=sys.argv[2], write_disposition="append")
def rows():
    types = {"id": pyarrow.int64(), "placed_at": pyarrow.timestamp("us", tz="UTC"), "customer": pyarrow.string(),
             "amount": pyarrow.decimal128(12, 2), "quantity": pyarrow.int64(), "state": pyarrow.string(),
             "note": pyarrow.string(), "rating": pyarrow.float64()}
    options = csv.ConvertOptions(column_types=types)
    for batch in csv.open_csv(sys.argv[1], convert_options=options, read_options=csv.ReadOptions(block_size=16 << 20)):
        yield pyarrow.Table.from_batches([batch])


pipeline = dlt.pipeline(pipeline_name="bench", destination=dlt.destinations.postgres(os.environ["PG"]), dataset_name="dlt",
                        pipelines_dir=sys.argv[3])
pipeline.run(rows(), loader_file_format="csv")
