"""peer_pandas.py: the tasks by pandas and its own CSV parser; see common.py."""
import sys

import common
from common import columns, path, taxi, task

import pandas as pd

text = {"dtype": str, "keep_default_na": False}


def typed():
    whole = {name: "Int64" for name, kind in taxi if kind == "int64"}
    amounts = {name: "float64" for name, kind in taxi if kind == "decimal"}
    times = [name for name, kind in taxi if kind in ("date", "timestamp")]
    frame = pd.read_csv(path, dtype={**whole, **amounts}, parse_dates=times, date_format="ISO8601")
    for name, kind in taxi:
        column = frame[name].dropna()
        if kind == "decimal":
            column = (column * 100).round()
        elif kind != "int64":
            column = (column - pd.Timestamp(0)) // pd.Timedelta(1, "D" if kind == "date" else "s")
        print(name, len(frame) - len(column), int(column.sum()))


if task == "count":
    print(len(pd.read_csv(path, usecols=[0], **text)))
elif task == "select":
    pd.read_csv(path, usecols=columns, **text)[columns].to_csv(sys.stdout, index=False)
elif task == "convert":
    frames = pd.read_csv(path, chunksize=100000, **text)
    for frame in frames:
        frame.to_json(sys.stdout, orient="records", lines=True, force_ascii=False)
elif task == "typed":
    typed()
elif task == "dedup":
    pd.read_csv(path, **text).drop_duplicates(columns).to_csv(sys.stdout, index=False)
elif task == "json_count":
    print(sum(len(frame) for frame in pd.read_json(path, lines=True, chunksize=100000)))
common.leave()
