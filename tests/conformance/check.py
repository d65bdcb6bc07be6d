#!/usr/bin/env python3
"""check.py SAY FOLDER [--update]: reads every file of the published CSV suites in FOLDER with the program SAY and compares
with what is written in results.tsv: counts, a digest of all that was said, and the verdict against the suite's own
expectation. Any difference fails. --update writes results.tsv and the table in README.md anew; the reasons for deviations
(last column) are people's and stay. Exit status 77: none of the suites is there."""
import hashlib
import json
import subprocess
import sys
from pathlib import Path

sys.dont_write_bytecode = True
import suites  # noqa: E402

HERE = Path(__file__).resolve().parent
READABLE = {"csv-spectrum", "csvkit-examples", "csvlint", "fast-csv", "node-csv-parser", "rust-csv"}  # may be passed on
HEAD = ["suite", "file", "options", "rows", "rejected", "skipped", "columns", "digest", "verdict", "why"]


def say(program, path, options):
    run = subprocess.run([program, str(path), *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60)
    if run.returncode:
        raise SystemExit(f"{path}: {run.stderr.decode()}")
    return json.loads(run.stdout.decode("utf-8", "replace"), strict=False)


def values(said):
    return [["" if v is None else v for v in row] for row in said["rows"]]


def verdict(case, said, root, program):
    kind = case.expected[0] if case.expected else None
    names, rows = said.get("names", []), values(said)
    if kind is None:
        return "read"
    if kind == "rejects":
        return "same" if said["rejects"] or said["end"] != "HR_END" else "deviates"
    if said["end"] != "HR_END":
        return "deviates"
    if kind == "records":
        got = [[[k, v] for k, v in zip(names, row)] for row in rows]
        numbered = [[[str(i + 1), v] for i, (_, v) in enumerate(pairs)] for pairs in got]  # Miller names them 1, 2, 3
        return "same" if case.expected[1] in (got, numbered) and not said["rejects"] else "deviates"
    if kind == "table":
        table = ([names] if said["header"] and names else []) + rows
        return "same" if table == case.expected[1] and not said["rejects"] else "deviates"
    other = say(program, root / case.suite / case.expected[1], brother_options(case, root))
    return "same" if (other["names"], other["rows"]) == (names, said["rows"]) else "deviates"


def brother_options(case, root):
    return next(c.options for c in suites.cases(root) if (c.suite, c.path) == (case.suite, case.expected[1]))


def result(case, root, program):
    said = say(program, root / case.suite / case.path, case.options)
    digest = hashlib.sha256(json.dumps(said, sort_keys=True, ensure_ascii=True).encode()).hexdigest()[:16]
    counts = [len(said["rows"]), len(said["rejects"]), said["skipped"], len(said.get("names", []))]
    return [*case.key(), *map(str, counts), digest, verdict(case, said, root, program)], said


def readable(case, said):
    """What was said of a file, for people; of a long one, its beginning."""
    lines = [f"== {case.path}  {' '.join(case.options)}",
             " ".join(f"{k}={said[k]}" for k in ("delimiter", "quote", "escape", "comment", "preamble", "encoding") if k in said),
             "names: " + json.dumps(said.get("names"), ensure_ascii=False)]
    lines += [json.dumps(row, ensure_ascii=False) for row in said["rows"][:20]]
    lines += [f"... {len(said['rows']) - 20} more rows"] * (len(said["rows"]) > 20)
    lines += ["{kind} row {row} line {line} offset {offset}, {bytes} bytes".format(**r) for r in said["rejects"][:20]]
    return "\n".join(lines + [f"skipped {said['skipped']}, {said['end']}", ""])


def check_readable(texts, update):
    """The readable results, a file a suite; the faults."""
    faults = []
    for suite, text in texts.items():
        path = HERE / "expected" / (suite + ".txt")
        if update:
            path.parent.mkdir(exist_ok=True)
            path.write_text(text, "utf-8")
        elif not path.exists() or path.read_text("utf-8") != text:
            old = path.read_text("utf-8").splitlines() if path.exists() else []
            at = next((i for i, pair in enumerate(zip(old, text.splitlines())) if pair[0] != pair[1]), min(len(old), text.count("\n")))
            faults.append(f"expected/{suite}.txt, line {at + 1}: is {''.join(text.splitlines()[at:at + 1])!r}, was {''.join(old[at:at + 1])!r}")
    return faults


def stored():
    lines = (HERE / "results.tsv").read_text("utf-8").splitlines() if (HERE / "results.tsv").exists() else []
    rows = [(line.split("\t") + [""] * len(HEAD))[:len(HEAD)] for line in lines[1:]]
    return {tuple(row[:3]): row for row in rows}


def table(rows):
    lines = ["| suite | files read | same as expected | deviate, explained | no expectation to compare with |", "|---|---|---|---|---|"]
    totals = [0, 0, 0, 0]
    for suite in sorted({row[0] for row in rows}):
        of = [row for row in rows if row[0] == suite]
        counts = [len(of)] + [sum(row[8] == v for row in of) for v in ("same", "deviates", "read")]
        totals = [a + b for a, b in zip(totals, counts)]
        lines.append(f"| {suite} | " + " | ".join(map(str, counts)) + " |")
    lines.append("| all | " + " | ".join(map(str, totals)) + " |")
    reasons = ["", "| deviating file | why |", "|---|---|"]
    reasons += [f"| {row[0]}/{row[1]} | {row[9]} |" for row in rows if row[8] == "deviates"]
    return "\n".join(lines + reasons)


def write_readme(rows):
    path, begin, end = HERE / "README.md", "<!-- table -->\n", "\n<!-- end of table -->"
    text = path.read_text("utf-8")
    before, rest = text.split(begin, 1)
    path.write_text(before + begin + table(rows) + end + rest.split(end, 1)[1], "utf-8")


def main():
    program, root, update = sys.argv[1], Path(sys.argv[2]), "--update" in sys.argv
    known, found, texts = stored(), [], {}
    for case in suites.cases(root):
        row, said = result(case, root, program)
        found.append(row)
        if case.suite in READABLE:
            texts[case.suite] = texts.get(case.suite, "") + readable(case, said) + "\n"
    if not found:
        print(f"no suites in {root}")
        return 77
    faults = check_readable(texts, update)
    rows = [row + [known.get(tuple(row[:3]), [""] * len(HEAD))[9]] for row in found]
    for row in rows:
        old = known.get(tuple(row[:3]))
        if row[8] == "deviates" and not row[9]:
            faults.append(f"{row[0]}/{row[1]} {row[2]}: deviates, and results.tsv does not say why")
        if not update and (old is None or old[:9] != row[:9]):
            faults.append(f"{row[0]}/{row[1]} {row[2]}: is   {row[3:9]}\n    was  {old[3:9] if old else 'not there'}")
    suites_there = {row[0] for row in rows}
    gone = [k for k in known if k[0] in suites_there and k not in {tuple(r[:3]) for r in rows}]
    faults += [] if update or "--some" in sys.argv else [f"{' '.join(k)}: was there, is not any more" for k in gone]
    if update:
        kept = [v for k, v in known.items() if k[0] not in suites_there]
        rows = sorted(rows + kept, key=lambda r: r[:3])
        (HERE / "results.tsv").write_text("\n".join(["\t".join(HEAD)] + ["\t".join(r) for r in rows]) + "\n", "utf-8")
        write_readme(rows)
    for fault in faults:
        print(fault, file=sys.stderr)
    same = sum(row[8] == "same" for row in rows)
    print(f"{len(rows)} files read: {same} as their suites expect, {sum(r[8] == 'deviates' for r in rows)} deviate, "
          f"{sum(r[8] == 'read' for r in rows)} without an expectation; {len(faults)} faults")
    return bool(faults)


if __name__ == "__main__":
    sys.exit(main())
