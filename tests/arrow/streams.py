"""Arrow streams of headrace, read by pyarrow, DuckDB and Polars: the values are those that Python reads by itself."""

import csv
import ctypes
import datetime
import decimal
import gc
import io
import json
import os
import pathlib
import random
import sys
import tempfile
import unittest
import uuid

import duckdb
import polars
import pyarrow

ROOT = pathlib.Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "examples/python"))
sys.dont_write_bytecode = True
import headrace  # noqa: E402

DEMO = ROOT / "examples/demo"
TYPES = {
    "n": {"type": "int64"},
    "amount": {"type": "decimal", "precision": 12, "scale": 2},
    "huge": {"type": "decimal", "precision": 38, "scale": 5},
    "ratio": {"type": "float64"},
    "day": {"type": "date"},
    "at": {"type": "timestamp"},
    "zoned": {"type": "timestamp", "zone": True},
    "flag": {"type": "bool"},
    "key": {"type": "uuid"},
    "note": {"type": "text"},
    "extra": {"type": "json"},
}
UTC = datetime.timezone.utc


def value(chance, name, row):
    """A value of the column, and how it is written."""
    if chance.random() < 0.1:
        return None, ""
    if name == "n":
        made = chance.randrange(-(2**63), 2**63) >> chance.randrange(64)
    elif name == "amount":
        made = decimal.Decimal(chance.randrange(-(10**12) + 1, 10**12)).scaleb(-2)
    elif name == "huge":
        made = decimal.Context(prec=40).scaleb(decimal.Decimal(chance.randrange(-(10**38) + 1, 10**38)), -5)
    elif name == "ratio":
        made = chance.uniform(-1, 1) * 10.0 ** chance.randrange(-300, 300)
    elif name == "day":
        made = datetime.date.fromordinal(chance.randrange(1, 3652060))
    elif name in ("at", "zoned"):
        made = datetime.datetime(1970, 1, 1) + datetime.timedelta(microseconds=chance.randrange(-(10**16), 10**16))
        made = made.replace(tzinfo=UTC) if name == "zoned" else made
    elif name == "flag":
        made = chance.random() < 0.5
    elif name == "key":
        made = uuid.UUID(int=chance.getrandbits(128))
    elif name == "extra":
        written = json.dumps({"row": row, "list": [1, None, "x" * chance.randrange(20)]})
        return written, written
    else:
        written = chance.choice(["short", "ünïcode", 'say "so", please', "a text that does not fit a view " * chance.randrange(1, 9)])
        return written, written
    if name in ("amount", "huge"):
        return made, format(made, "f")
    return made, repr(made) if name == "ratio" else str(made)


class Typed(unittest.TestCase):
    """Rows of all types, one in twenty of them wrong."""

    @classmethod
    def setUpClass(cls):
        chance = random.Random(5)
        cls.folder = tempfile.TemporaryDirectory()
        cls.file, cls.schema = pathlib.Path(cls.folder.name, "in.csv"), pathlib.Path(cls.folder.name, "in.json")
        cls.schema.write_text(json.dumps({"columns": [{"name": n, **t} for n, t in TYPES.items()]}))
        cls.expected, cls.wrong = [], []
        with open(cls.file, "w", newline="", encoding="utf-8") as out:
            writer = csv.writer(out, lineterminator="\n")
            writer.writerow(TYPES)
            for row in range(1, 20001):
                values = {n: value(chance, n, row) for n in TYPES}
                written = [w for _, w in values.values()]
                if row % 20 == 0:
                    written[chance.randrange(9)] = "wrong"
                    cls.wrong.append(row)
                else:
                    cls.expected.append({n: v for n, (v, _) in values.items()})
                writer.writerow(written)

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def rows(self, **options):
        """The file as a stream."""
        return headrace.open(self.file, schema=self.schema, **options)

    @staticmethod
    def python(table):
        """Rows as Python values."""
        columns = {n: table.column(n) for n in table.schema.names}
        made = {n: c.to_pylist() for n, c in columns.items()}
        made["key"] = [k if k is None or isinstance(k, uuid.UUID) else uuid.UUID(bytes=k) for k in made["key"]]
        return [dict(zip(made, each)) for each in zip(*made.values())]

    def test_pyarrow_has_the_values(self):
        for options in ({}, {"threads": 3}, {"text": headrace.STRING}, {"rows": 700}, {"text": headrace.STRING, "rows": 1}):
            with self.subTest(options), self.rows(**options) as rows:
                table = pyarrow.RecordBatchReader.from_stream(rows).read_all()
                table.validate(full=True)
                self.assertEqual(self.python(table), self.expected)
                self.assertEqual([r.row for r in rows.rejects], self.wrong)
                self.assertEqual({r.kind for r in rows.rejects}, {"E_TYPE"})
                lines = self.file.read_bytes()
                for reject in rows.rejects:
                    self.assertEqual(lines[reject.offset:reject.offset + len(reject.raw)], reject.raw)

    def test_pyarrow_has_the_types(self):
        schema = pyarrow.RecordBatchReader.from_stream(self.rows()).schema
        expected = {"n": pyarrow.int64(), "amount": pyarrow.decimal128(12, 2), "huge": pyarrow.decimal128(38, 5),
                    "ratio": pyarrow.float64(), "day": pyarrow.date32(), "at": pyarrow.timestamp("us"),
                    "zoned": pyarrow.timestamp("us", "UTC"), "flag": pyarrow.bool_(), "note": pyarrow.string_view()}
        for name, kind in expected.items():
            self.assertEqual(schema.field(name).type, kind)
        self.assertEqual(schema.field("key").type, pyarrow.uuid())
        self.assertIn("json", str(schema.field("extra").type))

    def test_the_c_structures(self):
        """RecordBatchReader._import_from_c, as older consumers do it."""
        rows, stream = self.rows(text=headrace.STRING), (ctypes.c_char * 40)()
        rows.export_to(ctypes.addressof(stream))
        reader = pyarrow.RecordBatchReader._import_from_c(ctypes.addressof(stream))
        self.assertEqual(self.python(reader.read_all()), self.expected)

    def test_duckdb_has_the_values(self):
        rows = self.rows(text=headrace.STRING)
        for source in (rows, self.rows(), pyarrow.RecordBatchReader.from_stream(self.rows())):
            relation = duckdb.from_arrow(source)
            got = relation.aggregate("count(*), sum(n::HUGEINT), sum(amount), max(ratio), min(day), max(\"at\"), count(flag), min(note)").fetchall()[0]
            column = {n: [r[n] for r in self.expected if r[n] is not None] for n in TYPES}
            self.assertEqual(got, (len(self.expected), sum(column["n"]), sum(column["amount"]), max(column["ratio"]), min(column["day"]),
                                   max(column["at"]), len(column["flag"]), min(column["note"], key=lambda t: t.encode())))

    def test_polars_has_the_values(self):
        for frame in (polars.DataFrame(self.rows()), polars.from_arrow(pyarrow.RecordBatchReader.from_stream(self.rows()).read_all())):
            self.assertEqual(frame.height, len(self.expected))
            for name in ("n", "amount", "huge", "ratio", "day", "at", "zoned", "flag", "note"):
                self.assertEqual(frame[name].to_list(), [r[name] for r in self.expected], name)

    def test_values_outlive_what_they_came_from(self):
        rows = self.rows(rows=500)
        reader = pyarrow.RecordBatchReader.from_stream(rows)
        batches = [reader.read_next_batch() for _ in range(3)]
        rows.close()
        del rows, reader
        gc.collect()
        notes = [n for b in batches for n in b.column("note").to_pylist()]
        self.assertEqual(notes, [r["note"] for r in self.expected[:len(notes)]])

    def test_a_stream_may_be_dropped_at_any_time(self):
        rows = self.rows()
        rows.__arrow_c_stream__()
        reader = pyarrow.RecordBatchReader.from_stream(self.rows(rows=100))
        reader.read_next_batch()
        del rows, reader
        gc.collect()


class Messy(unittest.TestCase):
    """Files as their publishers gave them out."""

    def test_ten_damaged_rows(self):
        with headrace.open(DEMO / "artists.csv") as rows:
            table = pyarrow.RecordBatchReader.from_stream(rows).read_all()
            table.validate(full=True)
            self.assertEqual(table.num_rows, 3522)
            self.assertEqual([r.line for r in rows.rejects], [100, 500, 1000, 1200, 1500, 2000, 2500, 3000, 3200, 3533])
            self.assertEqual(polars.DataFrame(rows).height, 3522)
            self.assertEqual(duckdb.from_arrow(rows).aggregate("count(*)").fetchall(), [(3522,)])

    def test_another_encoding(self):
        text = (DEMO / "municipalities.csv").read_bytes().decode("cp1252")
        expected = [[v or None for v in r] for r in csv.reader(io.StringIO(text, newline=""), delimiter=";")][1:]
        table = pyarrow.RecordBatchReader.from_stream(headrace.open(DEMO / "municipalities.csv")).read_all()
        table.validate(full=True)
        self.assertEqual(list(map(list, zip(*(c.to_pylist() for c in table.columns)))), expected)

    def test_errors_say_what_they_are(self):
        with self.assertRaisesRegex(headrace.Error, "no/such"):
            pyarrow.RecordBatchReader.from_stream(headrace.open("/no/such/file")).read_all()
        with self.assertRaisesRegex(headrace.Error, "colour"):
            headrace.open(DEMO / "artists.csv", colour="blue")
        with tempfile.NamedTemporaryFile("w", suffix=".json") as schema:
            schema.write('{"columns": [{"name": "nowhere", "type": "int64", "required": true}]}')
            schema.flush()
            with self.assertRaisesRegex(Exception, "nowhere"):
                pyarrow.RecordBatchReader.from_stream(headrace.open(DEMO / "artists.csv", schema=schema.name)).read_all()


if __name__ == "__main__":
    assert os.environ.get("HEADRACE_LIBRARY"), "HEADRACE_LIBRARY is the shared library"
    unittest.main()
