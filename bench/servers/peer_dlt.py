"""peer_dlt.py FILE URI TABLE FOLDER: a CSV file into a table of PostgreSQL by dlt, read by PyArrow, by its quickest way."""
import sys

import dlt
import pyarrow
from pyarrow import csv


@dlt.resource(name=sys.argv[3], write_disposition="append")
def rows():
    types = {"id": pyarrow.int64(), "placed_at": pyarrow.timestamp("us", tz="UTC"), "customer": pyarrow.string(),
             "amount": pyarrow.decimal128(12, 2), "quantity": pyarrow.int64(), "state": pyarrow.string(),
             "note": pyarrow.string(), "rating": pyarrow.float64()}
    options = csv.ConvertOptions(column_types=types)
    for batch in csv.open_csv(sys.argv[1], convert_options=options, read_options=csv.ReadOptions(block_size=16 << 20)):
        yield pyarrow.Table.from_batches([batch])


pipeline = dlt.pipeline(pipeline_name="bench", destination=dlt.destinations.postgres(sys.argv[2]), dataset_name="dlt",
                        pipelines_dir=sys.argv[4])
pipeline.run(rows(), loader_file_format="csv")
