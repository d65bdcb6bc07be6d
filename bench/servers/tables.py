"""tables.py: the contests at PostgreSQL: rows into a table, rows of a table into files."""
import os
import shutil
import subprocess

from contest import Contest, Entry

COLUMNS = ("id bigint NOT NULL, placed_at timestamptz, customer text, amount numeric(12,2), quantity int, state text, "
           "note text, rating float8")

# The same whatever the columns' types are; an empty text and null are the same here.
CHECKSUM = ("SELECT count(*) || ' rows, ' || coalesce(sum(hashtextextended(concat_ws('|', id::bigint, extract(epoch from "
            "placed_at::timestamptz)::bigint, customer, amount::numeric(12,2), quantity::int, state, coalesce(note, ''), "
            "rating::numeric(9,6)), 0)), 0) FROM {}")


class Tables:
    def __init__(self, bench, postgres, file, rows):
        self.bench, self.postgres, self.file, self.rows = bench, postgres, file, rows
        self.size = os.path.getsize(file)
        self.zone = f"{bench.work}/zone"
        postgres.sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS dlt, dlt_staging, headrace CASCADE",
                     "SET client_min_messages = error; DROP TABLE IF EXISTS sales, sales_keyed, sales_before")

    def begin(self, *statements):
        """An empty table, no position of an earlier run, and a server that has nothing left to write."""
        bench = self.bench

        def do():
            self.postgres.sql("SET client_min_messages = error; DROP SCHEMA IF EXISTS headrace, dlt CASCADE", *statements,
                              "CHECKPOINT")
            for path in (self.zone, f"{bench.work}/dlt"):
                shutil.rmtree(path, ignore_errors=True)
            for end in ("", "-wal", "-shm"):
                if os.path.exists(f"{bench.work}/ledger.db{end}"):
                    os.unlink(f"{bench.work}/ledger.db{end}")
        return do

    def headrace(self, *more):
        return [self.bench.headrace, "ingest", *more, "--name", "bench", "--ledger", f"{self.bench.work}/ledger.db"]

    def typed(self, how, *more):
        """Rows that are checked against the types of the table's columns, and sent in that format of COPY."""
        return self.headrace(self.file, "--schema", f"{self.bench.here}/sales.schema.json", "--to",
                             f"{self.postgres.uri}?table=sales&copy={how}", *more)

    def copy(self, table):
        return f"\\copy {table} from '{self.file}' (format csv, header)"

    def checksum(self, table):
        return lambda: self.postgres.sql(CHECKSUM.format(table))

    def fill(self):
        self.postgres.sql("SET client_min_messages = error; DROP TABLE IF EXISTS sales", f"CREATE TABLE sales ({COLUMNS})",
                          self.copy("sales"), "VACUUM ANALYZE sales")

    def append(self):
        # Made anew each time, for Sling adds a column of its own.
        begin = self.begin("DROP TABLE IF EXISTS sales", f"CREATE TABLE sales ({COLUMNS})")
        answer, bench = self.checksum("sales"), self.bench
        halves = self.halves()
        both = " & ".join(f"psql -Xqc \"\\\\copy sales from '{half}' (format csv)\"" for half in halves)
        entries = [
            Entry("psql \\copy", ["psql", "-Xqc", self.copy("sales")], begin, answer),
            Entry("headrace", self.headrace(self.file, "--to", self.postgres.uri, "--table", "sales"), begin, answer),
            Entry("headrace, 2 writers", self.headrace(self.file, "--to", self.postgres.uri, "--table", "sales",
                                                       "--writers", "2"), begin, answer),
            Entry("headrace, binary", self.headrace(self.file, "--to", f"{self.postgres.uri}?table=sales&copy=binary"), begin,
                  answer),
            Entry("headrace, typed: binary", self.typed("binary"), begin, answer),
            Entry("headrace, typed: text", self.typed("text"), begin, answer),
            Entry("headrace, typed: binary, 2 writers", self.typed("binary", "--writers", "2"), begin, answer),
            Entry("two psql \\copy, half each", ["sh", "-c", f"{both} & wait"], begin, answer)]
        if bench.peers:
            entries += [
                Entry("sling", [bench.sling, "run", "--src-stream", f"file://{self.file}", "--tgt-conn", "PG",
                                "--tgt-object", "public.sales", "--mode", "truncate"], begin, answer, peer=True,
                      environment={"PG": self.postgres.secret_uri, "SLING_DIRECT_INSERT": "true",
                                   "SLING_HOME_DIR": f"{bench.work}/sling", "SLING_DISABLE_TELEMETRY": "TRUE"}),
                Entry("dlt", [bench.python, f"{bench.here}/peer_dlt.py", self.file, "sales", f"{bench.work}/dlt"], begin,
                      self.checksum("dlt.sales"), peer=True,
                      environment={"PG": self.postgres.secret_uri, "RUNTIME__DLTHUB_TELEMETRY": "false",
                                   "RUNTIME__LOG_LEVEL": "ERROR"})]
        return Contest("append", "CSV file into a table", self.postgres, self.rows, self.size, entries, "psql \\copy")

    def halves(self):
        """The file in two, without its header."""
        paths = [f"{self.bench.work}/half-{i}.csv" for i in (1, 2)]
        with open(self.file, "rb") as file:
            file.readline()
            begin = file.tell()
            file.seek((begin + self.size) // 2)
            file.readline()
            middle = file.tell()
            for path, start, end in zip(paths, (begin, middle), (middle, self.size)):
                file.seek(start)
                with open(path, "wb") as out:
                    while start < end:
                        start += out.write(file.read(min(end - start, 1 << 24)))
        return paths

    def keyed(self):
        """Every second row is in the table already."""
        self.fill()
        self.postgres.sql("CREATE TABLE sales_keyed (LIKE sales, PRIMARY KEY (id))",
                          "CREATE TABLE sales_before AS SELECT * FROM sales WHERE id % 2 = 0")
        begin = self.begin("TRUNCATE sales_keyed", "INSERT INTO sales_keyed SELECT * FROM sales_before",
                           "VACUUM ANALYZE sales_keyed")
        answer = self.checksum("sales_keyed")
        by_hand = ["psql", "-Xq1", "-v", "ON_ERROR_STOP=1", "-c",
                   "CREATE TEMP TABLE staging (LIKE sales_keyed) ON COMMIT DROP", "-c", self.copy("staging"), "-c",
                   "INSERT INTO sales_keyed SELECT * FROM staging ON CONFLICT DO NOTHING"]
        ours = self.headrace(self.file, "--to", self.postgres.uri, "--table", "sales_keyed", "--mode", "insert-ignore")
        return Contest("keyed", "CSV file into a table with a primary key that has every second row", self.postgres,
                       self.rows, self.size, [Entry("psql, staging by hand", by_hand, begin, answer),
                                              Entry("headrace", ours, begin, answer)], "psql, staging by hand")

    def landed(self):
        """The zone's NDJSON back into PostgreSQL, and the checksum of that."""
        read = f"find {self.zone} -name '*.ndjson*' -exec zstd -qdcf {{}} +"
        self.postgres.sql("DROP TABLE IF EXISTS landed", "CREATE UNLOGGED TABLE landed (line jsonb)")
        self.postgres.sql(f"COPY landed FROM PROGRAM $x${read}$x$ (format csv, quote e'\\x01', delimiter e'\\x02')")
        columns = ", ".join(f"line->>'{name.split()[0]}' AS {name.split()[0]}" for name in COLUMNS.replace(
            "(12,2)", "").split(", "))
        found = self.postgres.sql(CHECKSUM.format(f"(SELECT {columns} FROM landed) t"))
        self.postgres.sql("DROP TABLE landed")
        return found

    def pull(self):
        self.fill()
        begin = self.begin()
        table = f"{self.postgres.uri}?table=sales"
        answer = self.checksum("sales")
        count = lambda: self.postgres.sql("SELECT count(*) FROM sales")
        ours = ["--to", self.zone, "--write", "ndjson"]
        entries = [
            Entry("psql copy to stdout", ["psql", "-Xqc", "COPY sales TO STDOUT"], begin, answer, quick_answer=count),
            Entry("headrace, no compression", self.headrace(table, *ours, "--compress", "none"), begin, self.landed,
                  quick_answer=self.lines),
            Entry("headrace", self.headrace(table, *ours), begin, self.landed, quick_answer=self.lines),
            Entry("headrace, 2 threads", self.headrace(table, *ours, "--threads", "2"), begin, self.landed,
                  quick_answer=self.lines)]
        return Contest("pull", "a table into NDJSON", self.postgres, self.rows, self.size, entries, entries[0].name)

    def lines(self):
        """How many lines the zone has."""
        read = f"find {self.zone} -name '*.ndjson*' -exec zstd -qdcf {{}} + | wc -l"
        return subprocess.run(["sh", "-c", read], capture_output=True, text=True, check=True).stdout.strip()
