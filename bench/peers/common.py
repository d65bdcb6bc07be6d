"""common.py: what the scripts of the Python peers share: their arguments, and the columns of taxi.csv.

SCRIPT TASK FILE THREADS [COLUMN...]; tasks: count select convert check typed dedup json_count json_fields; the answer
goes to standard output. `typed` prints for every column how many values are null and the sum of the others: whole
numbers, hundredths, days and seconds since 1970.
"""
import json
import os
import sys

task, path, threads, columns = sys.argv[1], sys.argv[2], int(sys.argv[3]), sys.argv[4:]
with open(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "taxi.schema.json")) as file:
    taxi = [(column["name"], column["type"]) for column in json.load(file)["columns"]]
# Whether a field may hold a newline: some peers must be told, and are slower then.
newlines = any(name in os.path.basename(path) for name in ("quoted", "longtext"))


def leave():
    """Ends at once: taking down a heap of gigabytes is not part of the task."""
    sys.stdout.flush()
    os._exit(0)
