"""The published suites: which of their files are cases, how each is read, and what its suite says of it."""
import csv
import io
import json
import re
import shlex
from pathlib import Path


class Case:
    """A file and how it is read. `expected`: None (the suite says nothing that a program could read), ("records", list of
    lists of [key, value]), ("table", rows with the header first), ("rejects",), ("like", path of another file)."""

    def __init__(self, suite, path, options=(), expected=None):
        self.suite, self.path, self.options, self.expected = suite, str(path), tuple(options), expected

    def key(self):
        return self.suite, self.path, " ".join(self.options)


def text(value):
    return "" if value is None else value if isinstance(value, str) else json.dumps(value)


def exact_json(path_or_text):
    data = path_or_text if isinstance(path_or_text, str) else path_or_text.read_text("utf-8", "replace")
    return json.loads(data, parse_int=str, parse_float=str, strict=False)


def records(objects):
    objects = objects if isinstance(objects, list) else [objects]
    return "records", [[[k, text(v)] for k, v in o.items()] for o in objects]


def spectrum(folder):
    for path in sorted(folder.glob("csvs/*.csv")):
        yield Case("csv-spectrum", path.relative_to(folder), ("header=yes",),
                   records(exact_json(folder / "json" / (path.stem + ".json"))))


def test_data(folder):
    for path in sorted(folder.glob("csv/*.csv")):
        answer = folder / "json" / (path.stem + ".json")
        header = path.stem.startswith(("header", "bad-header"))
        expected = ("rejects",)
        if answer.exists():
            data = exact_json(answer)
            expected = records(data) if header else ("table", [[text(v) for v in row] for row in data])
        yield Case("csv-test-data", path.relative_to(folder), ("delimiter=,", "header=" + ("yes" if header else "no")), expected)


# ---- Miller: the command line says how a file is read, and what was printed says what was read ------------------------

OUTPUTS = {"--ojson": "json", "--ojsonl": "jsonl", "--ocsv": "csv", "--otsv": "tsv", "--oxtab": "xtab", "--odkvp": "dkvp",
           "--csv": "csv"}


def miller_printed(form, printed):
    if form == "json":
        return records(exact_json(printed) if printed.strip() else [])
    if form == "jsonl":
        return records([exact_json(line) for line in printed.splitlines() if line])
    if form == "csv":
        return "table", list(csv.reader(io.StringIO(printed, newline="")))
    if form == "xtab":
        blocks = [b for b in printed.split("\n\n") if b.strip()]
        return "records", [[(line.split(None, 1) + [""])[:2] for line in b.splitlines()] for b in blocks]
    if form == "dkvp":
        return "records", [[p.split("=", 1) for p in line.split(",")] for line in printed.splitlines() if line]
    return None


def miller_case(folder, case):
    words = shlex.split((case / "cmd").read_text().replace("${CASEDIR}", str(case.relative_to(folder))))[1:]
    if "cat" not in words or "--prepipe" in words or "<" in words:
        return None
    flags, files = words[:words.index("cat")], words[words.index("cat") + 1:]
    if len(files) != 1 or not ({"--icsv", "--csv", "--itsv"} & set(flags)):
        return None
    form = next((OUTPUTS[f] for f in flags if f in OUTPUTS), None)
    if form in (None, "tsv") or {"--opprint", "--pprint"} & set(flags):
        return None
    options = ["delimiter=tab", "quote=none"] if "--itsv" in flags else ["delimiter=,", 'quote="']
    options.append("header=no" if {"-N", "--implicit-csv-header", "--hi"} & set(flags) else "header=yes")
    comments = {"--skip-comments", "--pass-comments"} & set(flags)
    options += ["comment=#"] if comments else ["comment=none"]
    options += ["lenient=yes"] if "--lazy-quotes" in flags else []
    options += ["ragged=pad"] if "--ragged" in flags else []
    path = Path(files[0])
    if not (folder / path).exists():
        return None
    expected = ("rejects",) if (case / "should-fail").exists() else miller_printed(form, (case / "expout").read_bytes().decode("utf-8", "replace"))
    return Case("miller", path, options, expected), case


def miller(folder):
    seen = set()
    for cmd in sorted(folder.glob("test/cases/**/cmd")):
        made = miller_case(folder, cmd.parent)
        if made and made[0].key() not in seen:
            seen.add(made[0].key())
            yield made[0]


# ---- suites whose files have names, or brothers ------------------------------------------------------------------------

LIKE = {
    "csvkit-examples/test_utf8_bom.csv": "csvkit-examples/test_utf8.csv",
    "csvkit-examples/dummy.csv.gz": "csvkit-examples/dummy.csv",
    "csvkit-examples/dummy.tsv": "csvkit-examples/dummy.csv",
    "csvkit-examples/test_utf16_big.csv": "csvkit-examples/test_utf16_little.csv",
    "csvlint/crlf-line-endings.csv": "csvlint/lf-line-endings.csv",
    "readr/tests/testthat/fixtures/eol-cr.csv": "readr/tests/testthat/fixtures/eol-lf.csv",
    "readr/tests/testthat/fixtures/eol-crlf.csv": "readr/tests/testthat/fixtures/eol-lf.csv",
    "readr/tests/testthat/fixtures/eol-cr.txt": "readr/tests/testthat/fixtures/eol-lf.txt",
    "readr/tests/testthat/fixtures/eol-cr.txt.gz": "readr/tests/testthat/fixtures/eol-lf.txt",
    "readr/tests/testthat/fixtures/eol-crlf.txt": "readr/tests/testthat/fixtures/eol-lf.txt",
    "readr/tests/testthat/fixtures/basic-df-singlequote.csv": "readr/tests/testthat/fixtures/basic-df.csv",
    "univocity/csv/essential-dos.csv": "univocity/csv/essential.csv",
    "univocity/csv/essential-mac.csv": "univocity/csv/essential.csv",
    "rust-csv/examples/data/smallpop-colon.csv": "rust-csv/examples/data/smallpop.csv",
}
# What the parser under test in that suite is given as well.
OPTIONS = {
    "univocity/csv/essential.csv": ("comment=#",),
    "univocity/csv/essential-dos.csv": ("comment=#",),
    "univocity/csv/essential-mac.csv": ("comment=#",),
    "readr/tests/testthat/fixtures/basic-df-singlequote.csv": ("quote='",),
    "node-csv-parser/backtick.csv": ("quote=`",),
    "node-csv-parser/comment.csv": ("comment=#",),
    "node-csv-parser/option-comment.csv": ("comment=~",),
    "node-csv-parser/option-escape.csv": ("escape=\\",),
    "node-csv-parser/option-quote.csv": ("quote='",),
    "node-csv-parser/option-quote-escape.csv": ("quote='", "escape=\\"),
    "node-csv-parser/option-quote-many.csv": ("quote='",),
    "node-csv-parser/no-headers.csv": ("header=no",),
    "csvkit-examples/no_header_row.csv": ("header=no",),
    "csvkit-examples/no_header_row2.csv": ("header=no",),
    "csvkit-examples/no_header_row3.csv": ("header=no",),
    "csvkit-examples/join_no_header_row.csv": ("header=no",),
    "csvkit-examples/bad_skip_lines.csv": ("skip_lines=3",),
    "csvkit-examples/test_skip_lines.csv": ("skip_lines=3",),
    "csvkit-examples/test_latin1.csv": ("encoding=latin1",),
    "csvkit-examples/test_geo.csv": ("delimiter=,",),
    "rust-csv/examples/data/smallpop-no-headers.csv": ("header=no",),
    "rust-csv/examples/data/smallpop-colon.csv": ("delimiter=:",),
    "node-csvtojson/test/data/noheadercsv": ("header=no",),
    "node-csvtojson/test/data/pipeAsQuote": ("quote=|",),
    "node-csvtojson/test/data/dataWithSlashEscape": ("escape=\\",),
    "node-csvtojson/test/data/dataWithSlashEscapeAndDelimiterBetweenQuotes": ("escape=\\",),
}
NAMED = ["csvkit-examples", "csvlint", "fast-csv", "node-csv-parser", "node-csvtojson", "papaparse", "readr", "rust-csv", "univocity"]
NOT_CSV = re.compile(r"(LICENSE|UNLICENSE|COPYING|README|\.md|\.json|\.bz2|\.zip|\.xz|expectedOutputs|fwf|testfixed$|\.log$|raw\.csv$)", re.I)


def named(folder, suite):
    for path in sorted(p for p in folder.rglob("*") if p.is_file() and not NOT_CSV.search(str(p.relative_to(folder)))):
        name = f"{suite}/{path.relative_to(folder)}"
        like = LIKE.get(name)
        expected = ("like", like[len(suite) + 1:]) if like and (folder.parent / like).exists() else None
        yield Case(suite, path.relative_to(folder), ("header=yes",) * ("header=no" not in OPTIONS.get(name, ())) +
                   OPTIONS.get(name, ()), expected)


def cases(root):
    """All cases of the suites that are there."""
    makers = [("csv-spectrum", spectrum), ("csv-test-data", test_data), ("miller", miller)]
    for suite, make in makers:
        if (root / suite).is_dir():
            yield from make(root / suite)
    for suite in NAMED:
        if (root / suite).is_dir():
            yield from named(root / suite, suite)
