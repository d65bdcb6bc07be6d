"""tasks.py: what is measured: the tasks, the files they run on, the commands of headrace and of each peer, the bars."""
import os
from dataclasses import dataclass, field
from typing import Callable

CSV = ["cities.csv", "taxi.csv", "quoted.csv", "wide.csv", "longtext.csv"]
NDJSON = ["events.ndjson", "orders.ndjson", "tweets.ndjson"]
# Two columns of each, early and late, quoted where there are quotes.
COLUMNS = {
    "cities": ["city", "latitude"], "taxi": ["pickup_at", "total_amount"], "quoted": ["product", "price"],
    "wide": ["c10", "c990"], "longtext": ["id", "body"],
    "events": ["/type", "/actor/login"], "orders": ["/order_id", "/amount"], "tweets": ["/user/screen_name", "/text"],
}
KEYS = ["city", "region"]


def stem(file):
    """The shape of a file: cities for cities-stray.csv.gz."""
    return os.path.basename(file).split(".")[0].split("-")[0]


@dataclass
class Tools:
    """Where the programs are; a command of one that is not there is left out, and said so."""
    headrace: str
    build: str
    peers: str
    here: str

    def python(self, name, task, file, threads, *columns):
        return [f"{self.peers}/venv/bin/python", f"{self.here}/peers/peer_{name}.py", task, file, str(threads), *columns]

    def cargo(self, name):
        return f"{self.peers}/cargo/bin/{name}"


@dataclass
class Bar:
    """`kind`: wc (times the speed of wc -l), peer (times that of the best peer), tool (times that of one peer), time (of the
    named tool's), rate (GB/s), threads (times our speed on one thread), plain (times the time on the file without
    stray quotes), memory (bytes), wall (seconds)."""
    kind: str
    value: float
    of: str = ""
    files: tuple = ()
    threads: tuple = ()


@dataclass
class Task:
    name: str
    title: str
    files: list
    commands: Callable  # (tools, file, threads) -> {tool: argv}; that of headrace first
    answer: str = "csv"  # how answers are compared: csv ndjson text line none
    threads: tuple = (1,)
    processors: int = 0  # for the processes; 0: as many as threads
    bars: list = field(default_factory=list)
    within: bool = False  # the program times itself and prints "1.234 GB/s" first


def with_threads(command, threads):
    return [*command[:2], "--threads", str(threads), *command[2:]] if threads > 1 else command


def count(tools, file, threads):
    commands = {"headrace": with_threads([tools.headrace, "count", file], threads)}
    if threads == 1:
        commands |= {"wc -l": ["wc", "-l", file], "xan": [tools.cargo("xan"), "count", file],
                     "qsv": [tools.cargo("qsvlite"), "count", file],
                     "Miller": ["mlr", "--icsv", "--onidx", "count", file],
                     "PyArrow": tools.python("pyarrow", "count", file, 1),
                     "pandas": tools.python("pandas", "count", file, 1)}
    return commands | {name: tools.python(name.lower(), "count", file, threads) for name in ("Polars", "DuckDB")}


def select(tools, file, threads):
    columns = COLUMNS[stem(file)]
    names = ",".join(columns)
    commands = {"headrace": with_threads([tools.headrace, "select", names, file], threads)}
    if threads == 1:
        commands |= {"wc -l": ["wc", "-l", file], "xan": [tools.cargo("xan"), "select", names, file],
                     "qsv": [tools.cargo("qsvlite"), "select", names, file],
                     "Miller": ["mlr", "--csv", "cut", "-o", "-f", names, file],
                     "pandas": tools.python("pandas", "select", file, 1, *columns)}
    return commands | {name: tools.python(name.lower(), "select", file, threads, *columns)
                       for name in ("Polars", "DuckDB", "PyArrow")}


def convert(tools, file, threads):
    commands = {"headrace": with_threads([tools.headrace, "convert", "--write", "ndjson", file], threads)}
    if threads == 1:
        commands |= {"xan": [tools.cargo("xan"), "to", "ndjson", file],
                     "qsv": [tools.cargo("qsvlite"), "tojsonl", file],
                     "Miller": ["mlr", "-S", "--icsv", "--ojsonl", "cat", file],
                     "pandas": tools.python("pandas", "convert", file, 1)}
    return commands | {name: tools.python(name.lower(), "convert", file, threads) for name in ("Polars", "DuckDB")}


def check(tools, file, threads):
    commands = {"headrace": with_threads([tools.headrace, "check", file], threads)}
    return commands | ({"qsv": [tools.cargo("qsvlite"), "validate", file]} if threads == 1 else {})


def typed(tools, file, threads):
    schema = f"{tools.here}/taxi.schema.json"
    return {"headrace": [f"{tools.build}/bench_sums", schema, file, str(threads)],
            **{name: tools.python(name.lower(), "typed", file, threads)
               for name in ("PyArrow", "DuckDB", "Polars", "pandas")}}


def dedup(tools, file, threads):
    keys = ",".join(KEYS)
    commands = {"headrace": with_threads([tools.headrace, "dedup", "--key", keys, file], threads)}
    commands |= {name: tools.python(name.lower(), "dedup", file, threads, *KEYS) for name in ("Polars", "DuckDB")}
    if threads == 1:
        commands |= {"qsv": [tools.cargo("qsvlite"), "extdedup", "-s", keys, file],
                     "xan": [tools.cargo("xan"), "dedup", "-s", keys, file],
                     "Miller": ["mlr", "--csv", "head", "-n", "1", "-g", keys, file],
                     "pandas": tools.python("pandas", "dedup", file, 1, *KEYS)}
    return commands


def json_count(tools, file, threads):
    commands = {"headrace": with_threads([tools.headrace, "count", file], threads)}
    commands |= {name: tools.python(name.lower(), "json_count", file, threads) for name in ("DuckDB", "Polars")}
    if threads == 1:
        commands |= {"wc -l": ["wc", "-l", file], "simdjson": [f"{tools.peers}/simdjson", "count", file],
                     "simdjson On-Demand, no validation": [f"{tools.peers}/simdjson", "ondemand", file],
                     "PyArrow": tools.python("pyarrow", "json_count", file, 1),
                     "pandas": tools.python("pandas", "json_count", file, 1),
                     "Miller": ["mlr", "--ijsonl", "--onidx", "count", file],
                     "jq": ["jq", "-n", "reduce inputs as $x (0; . + 1)", file]}
    return commands


def json_fields(tools, file, threads):
    columns = COLUMNS[stem(file)]
    names = ",".join(columns)
    commands = {"headrace": with_threads([tools.headrace, "select", "--columns", names, names, file], threads)}
    commands |= {name: tools.python(name.lower(), "json_fields", file, threads, *columns)
                 for name in ("DuckDB", "Polars")}
    if threads == 1:
        paths = ", ".join("." + name[1:].replace("/", ".") for name in columns)
        flat = ",".join(name[1:].replace("/", ".") for name in columns)
        commands |= {"simdjson On-Demand, no validation": [f"{tools.peers}/simdjson", "fields", file, *columns],
                     "jq": ["jq", "-n", "-r", f'"header", (inputs | [{paths}] | @csv)', file],
                     "Miller": ["mlr", "-S", "--ijsonl", "--ocsv", "flatten", "then", "cut", "-o", "-f", flat, file]}
    return commands


def json_within(tools, file, threads):
    columns = COLUMNS[stem(file)]
    return {"headrace": [f"{tools.build}/bench_touch", file, "visit", "3", ",".join(columns)],
            "simdjson DOM, no fields": [f"{tools.peers}/simdjson", "ram_validate", file],
            "simdjson On-Demand, no validation": [f"{tools.peers}/simdjson", "ram_fields", file, *columns]}


def touch(tools, file, threads):
    return {"headrace": [f"{tools.build}/bench_touch", file, "visit", "3"],
            "headrace, hr_batch_spans": [f"{tools.build}/bench_touch", file, "spans", "3"],
            "headrace, hr_batch_field": [f"{tools.build}/bench_touch", file, "field", "3"],
            "csv": [tools.cargo("touch-fields"), "csv", file],
            "simd-csv": [tools.cargo("touch-fields"), "simd-csv", file]}


def gzip(tools, file, threads):
    return {"headrace": [tools.headrace, "count", file], "igzip alone": ["igzip", "-d", "-c", file],
            "xan": [tools.cargo("xan"), "count", file],
            **{name: tools.python(name.lower(), "count", file, 2) for name in ("Polars", "DuckDB")}}


def zstd(tools, file, threads):
    return {"headrace": [tools.headrace, "count", file], "zstd alone": ["zstd", "-d", "-q", "-c", file],
            "xan": [tools.cargo("xan"), "count", file],
            **{name: tools.python(name.lower(), "count", file, 2) for name in ("Polars", "DuckDB")}}


STRAY = ["cities-stray.csv", "taxi-stray.csv", "quoted-stray.csv"]
STREAM = Bar("memory", 64 * 2**20, threads=(1,))
TASKS = [
    Task("count", "count rows", CSV, count, "line", (1, 2),
         bars=[Bar("wc", 1.0, threads=(1,)), Bar("threads", 1.5, threads=(2,)), STREAM]),
    Task("touch", "touch every field in RAM", CSV, touch, "line", within=True,
         bars=[Bar("peer", 3), Bar("rate", 4.0, files=("cities.csv",))]),
    Task("select", "select two columns", CSV, select, "csv", (1, 2),
         bars=[Bar("peer", 4, threads=(1,)), Bar("rate", 2.7, files=("cities.csv",), threads=(1,)), Bar("wc", 0.4, threads=(1,)),
               STREAM]),
    Task("convert", "CSV to NDJSON", CSV, convert, "ndjson", (1, 2),
         bars=[Bar("peer", 7, threads=(1,)), Bar("rate", 1.3, files=("cities.csv",), threads=(1,)),
               Bar("rate", 2.5, files=("quoted.csv",), threads=(1,)), STREAM]),
    Task("check", "find every row that is no CSV", CSV, check, "none", (1, 2),
         bars=[Bar("rate", 2.5, files=("cities.csv", "taxi.csv", "quoted.csv"), threads=(1,)), STREAM]),
    Task("typed", "typed values of all 19 columns", ["taxi.csv"], typed, "text", (1, 2),
         bars=[Bar("peer", 4), Bar("memory", 128 * 2**20)]),
    Task("dedup", "first row of each key, order kept", ["cities.csv"], dedup, "csv", (1, 2),
         bars=[Bar("tool", 3, "Polars"), Bar("memory", 450e6)]),
    Task("json-ram", "NDJSON in RAM: validate all, take two fields", NDJSON, json_within, "none", within=True,
         bars=[Bar("rate", 4.0, files=("events.ndjson",)), Bar("rate", 3.3, files=("orders.ndjson",)),
               Bar("rate", 3.0, files=("tweets.ndjson",))]),
    Task("json-count", "NDJSON: validate and count", NDJSON, json_count, "line", (1, 2),
         bars=[Bar("tool", 4, "DuckDB", threads=(1,)), STREAM]),
    Task("json-fields", "NDJSON: two fields as CSV", NDJSON, json_fields, "rows", (1, 2), bars=[STREAM]),
    Task("gzip", "count rows of gzip", ["cities.csv.gz"], gzip, "line", processors=2,
         bars=[Bar("time", 1.1, "igzip alone"), STREAM]),
    Task("zstd", "count rows of zstd", ["cities.csv.zst"], zstd, "line", processors=2,
         bars=[Bar("time", 1.1, "zstd alone"), STREAM]),
    Task("small", "a file of 1 KB, start to end", ["small.csv"], count, "line", bars=[Bar("wall", 0.005)]),
    Task("stray-count", "count rows, stray quotes", STRAY, count, "line", bars=[Bar("plain", 1.3, "count")]),
    Task("stray-check", "check, stray quotes", STRAY, check, "none", bars=[Bar("plain", 1.3, "check")]),
    Task("stray-select", "select two columns, stray quotes", STRAY, select, "csv", bars=[Bar("plain", 1.3, "select")]),
]
# Tools that stand for a part of the work, and are no peers.
NO_PEERS = ("headrace", "wc -l", "igzip alone", "zstd alone", "headrace, hr_batch_spans", "headrace, hr_batch_field",
            "simdjson On-Demand, no validation")
