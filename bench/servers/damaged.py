"""damaged.py: 100,000 orders, ten of them damaged in ten ways, into a table with types: what lands, and what is said."""
import base64
import json
import os
import re
import subprocess

ROWS = 100_000
# What is done to the fields of a record, in which column it must be found (None: beyond them), and the value that must be
# named (None: there is none; ...: all from that column on).
NAMES = ["id", "placed_at", "customer", "amount", "quantity", "state", "note", "rating"]
DAMAGE = {
    "two fields more": (lambda f: b",".join(f + [b"x", b"y"]), None, b"x"),
    "two fields missing": (lambda f: b",".join(f[:-2]), "note", None),
    "twelve in an int column": (lambda f: b",".join(f[:4] + [b"twelve"] + f[5:]), "quantity", b"twelve"),
    "a byte that is not UTF-8": (lambda f: b",".join(f[:2] + [b"Jos\xff"] + f[3:]), "customer", b"Jos\xff"),
    "a NUL byte": (lambda f: b",".join(f[:2] + [b"Jo\0se"] + f[3:]), "customer", b"Jo\0se"),
    "1.234,56 in a numeric column": (lambda f: b",".join(f[:3] + [b'"1.234,56"'] + f[4:]), "amount", b"1.234,56"),
    "a quote that never closes": (lambda f: b",".join(f[:6] + [b'"never closed'] + f[7:]), "note", ...),
    "text behind a closing quote": (lambda f: b",".join(f[:6] + [b'"closed" here'] + f[7:]), "note", b'"closed" here'),
    "30 February": (lambda f: b",".join(f[:1] + [b"2026-02-30 10:00:00Z"] + f[2:]), "placed_at", b"2026-02-30 10:00:00Z"),
    "a number too large for the column": (lambda f: b",".join(f[:4] + [b"99999999999"] + f[5:]), "quantity", b"99999999999"),
}


def make(source, path):
    """The first ROWS records of `source`; what was damaged: its kind, line, offset and raw bytes."""
    at = {(i + 1) * ROWS // 11: name for i, name in enumerate(DAMAGE)}
    planted, offset = [], 0
    with open(source, "rb") as file, open(path, "wb") as out:
        for line in range(ROWS + 1):
            record = file.readline()
            if line in at:
                change, column, value = DAMAGE[at[line]]
                record = change(record.rstrip(b"\n").split(b",")) + b"\n"
                if value is ...:
                    value = record.rstrip(b"\n").split(b",", NAMES.index(column))[-1]
                planted.append({"kind": at[line], "line": line + 1, "offset": offset, "column": column, "value": value,
                                "raw": record.rstrip(b"\n")})
            out.write(record)
            offset += len(record)
    return planted


def bytes_of(said, name):
    if f"{name}_base64" in said:
        return base64.b64decode(said[f"{name}_base64"])
    return None if said.get(name) is None else said[name].encode()


def compare(planted, listed):
    """What is wrong with the list of rejects; nothing when all is right."""
    wrong = []
    by_line = {said.get("line"): said for said in listed}
    for row in planted:
        said = by_line.pop(row["line"], None)
        if said is None:
            wrong.append(f"{row['kind']}: not listed")
            continue
        if said.get("offset") != row["offset"]:
            wrong.append(f"{row['kind']}: offset {said.get('offset')}, not {row['offset']}")
        if bytes_of(said, "raw").rstrip(b"\r\n") != row["raw"]:
            wrong.append(f"{row['kind']}: other raw bytes")
        number = NAMES.index(row["column"]) + 1 if row["column"] else len(NAMES) + 1
        if said.get("column") != number or said.get("column_name") != row["column"]:
            wrong.append(f"{row['kind']}: column {said.get('column')} {said.get('column_name')}, not {row['column']}")
        if bytes_of(said, "value") != row["value"]:
            wrong.append(f"{row['kind']}: value {bytes_of(said, 'value')}, not {row['value']}")
    return wrong + [f"line {line}: listed, but not damaged" for line in by_line]


def reason(text):
    """The line that names the fault, as far as there is one."""
    lines = re.sub(r"\x1b\[[0-9;]*m", "", text).strip().splitlines() or [""]
    for word in ("CSV parse error", "malformed", "conversion error", "ERROR:", "wrong number", "rror"):
        for line in lines:
            if word in line:
                return line.strip()[:200]
    return lines[-1].strip()[:200]


def run(bench, postgres, tables, source):
    path = f"{bench.work}/damaged.csv"
    tables.fill()
    planted = make(source, path)
    ledger = f"{bench.work}/ledger.db"
    found = {}
    commands = {
        "headrace": [bench.headrace, "ingest", path, "--to", postgres.uri, "--table", "sales", "--name", "bench",
                     "--ledger", ledger, "--json"],
        "psql \\copy": ["psql", "-Xq", "-v", "ON_ERROR_STOP=1", "-c", f"\\copy sales from '{path}' (format csv, header)"]}
    environment = {}
    if bench.peers:
        commands["sling"] = [bench.sling, "run", "--src-stream", f"file://{path}", "--tgt-conn", "PG", "--tgt-object",
                             "public.sales", "--mode", "truncate"]
        commands["dlt"] = [bench.python, f"{bench.here}/peer_dlt.py", path, "sales", f"{bench.work}/dlt"]
        environment = {"PG": postgres.secret_uri, "SLING_HOME_DIR": f"{bench.work}/sling", "NO_COLOR": "1",
                       "SLING_DISABLE_TELEMETRY": "TRUE", "RUNTIME__DLTHUB_TELEMETRY": "false"}
    for name, command in commands.items():
        tables.begin("TRUNCATE sales")()
        done = subprocess.run(command, capture_output=True, check=False, env={**os.environ, **environment})
        table = "dlt.sales" if name == "dlt" else "sales"
        try:
            landed = int(postgres.sql(f"SELECT count(*) FROM {table}"))
        except RuntimeError:
            landed = 0
        found[name] = {"landed": landed, "exit": done.returncode,
                       "said": bench.shown(reason((done.stderr or done.stdout).decode(errors="replace")))}
        if name == "headrace":
            job = json.loads(done.stdout.decode().splitlines()[-1])
            listed = subprocess.run([bench.headrace, "errors", "--json", "--ledger", ledger, job["id"]],
                                    capture_output=True, check=False).stdout.decode().splitlines()
            rejects = [json.loads(line) for line in listed]
            found[name] |= {"listed": len(rejects), "wrong": compare(planted, rejects), "rejects": rejects,
                            "said": f"{len(rejects)} listed with line, offset, column, value and raw bytes"}
    return found
