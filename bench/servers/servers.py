"""servers.py: measures headrace beside others at servers of its own; writes a JSON of everything that was seen.

    servers.py --program FILE --tool KAFKA_TOOL --work FOLDER --out FILE [--rows N] [--messages N] [--runs N] [--no-peers]
               [append|keyed|pull|damaged|consume...]

WORK holds the compiled runner and generate, and below peers-servers/ the virtual environment of the peers.
"""
import argparse
import json
import os
import shutil
import subprocess
import sys

sys.path.insert(1, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
from bench import first_line, machine, save, short  # noqa: E402
import damaged  # noqa: E402
from contest import hold  # noqa: E402
from places import Kafka, Postgres  # noqa: E402
from tables import Tables  # noqa: E402
from topics import Topics  # noqa: E402

NAMES = ["append", "keyed", "pull", "damaged", "consume"]


class Bench:
    def __init__(self, args):
        self.work, self.headrace = args.work, args.program
        self.here = os.path.dirname(os.path.abspath(__file__))
        self.runner, self.output = f"{args.work}/runner", "/dev/null"
        self.python = f"{args.work}/peers-servers/bin/python"
        self.sling = f"{args.work}/sling-linux-amd64"
        self.peers = not args.no_peers
        self.places = {self.sling: "sling", self.python: "python", f"{self.here}/": "bench/servers/", self.work: "$work",
                       self.headrace: "headrace", args.tool: "kafka_tool"}

    def shown(self, text):
        """A text without the places of this machine."""
        for place, name in self.places.items():
            text = text.replace(place, name)
        return text


def make(work, shape, extension, rows, bytes_each):
    """A file of about so many records."""
    path = f"{work}/{shape}-{rows}.{extension}"
    if not os.path.exists(path):
        with open(f"{path}.part", "wb") as file:
            subprocess.run([f"{work}/generate", shape, str(rows * bytes_each)], stdout=file, check=True)
        os.rename(f"{path}.part", path)
    return path


def count_lines(path):
    with open(path, "rb") as file:
        return sum(block.count(b"\n") for block in iter(lambda: file.read(1 << 20), b""))


def fresh(folder):
    """A folder for a server, without what an earlier run left there."""
    shutil.rmtree(folder, ignore_errors=True)
    return folder


def at_postgres(bench, args, report):
    postgres = Postgres(fresh(f"{bench.work}/postgres"))
    try:
        report["versions"]["PostgreSQL"] = postgres.version()
        file = make(bench.work, "sales", "csv", args.rows, 109)
        tables = Tables(bench, postgres, file, count_lines(file) - 1)
        for name in ("append", "keyed", "pull"):
            if name in args.names:
                report["contests"].append(hold(bench, getattr(tables, name)(), args.runs))
                save(report, args.out)
        if "damaged" in args.names:
            report["damaged"] = damaged.run(bench, postgres, tables, make(bench.work, "sales", "csv", 120_000, 109))
            save(report, args.out)
    finally:
        postgres.stop()


def at_kafka(bench, args, report):
    kafka = Kafka(fresh(f"{bench.work}/kafka"), args.tool)
    try:
        report["versions"]["Kafka"] = kafka.version()
        topics = Topics(bench, kafka, make(bench.work, "messages", "ndjson", args.messages, 196))
        report["contests"].append(hold(bench, topics.consume(), args.runs))
        save(report, args.out)
    finally:
        kafka.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "tool", "work", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--rows", type=int, default=5_000_000)
    parser.add_argument("--messages", type=int, default=5_000_000)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("names", nargs="*", choices=[[], *NAMES])
    args = parser.parse_args()
    args.names = args.names or NAMES
    for name in ("program", "tool", "work", "out"):
        setattr(args, name, os.path.abspath(getattr(args, name)))
    bench = Bench(args)
    report = {"machine": machine(), "load": os.getloadavg(), "runs": args.runs, "contests": [], "versions": {
        "headrace": short(first_line([args.program, "version"]) or "?"),
        "psql": short(first_line(["psql", "--version"]) or "?")}}
    with open(f"{bench.here}/requirements.txt", encoding="utf-8") as file:
        report["versions"] |= dict(line.strip().split("==") for line in file if "==" in line)
    if set(args.names) - {"consume"}:
        at_postgres(bench, args, report)
    if "consume" in args.names:
        at_kafka(bench, args, report)
    save(report, args.out)


if __name__ == "__main__":
    main()
