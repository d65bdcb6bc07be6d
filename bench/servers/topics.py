"""topics.py: the contest at Kafka: messages of twelve partitions into NDJSON."""
import os
import shutil
import subprocess
import zlib

from contest import Contest, Entry

PARTITIONS = "12"


class Topics:
    def __init__(self, bench, kafka, file):
        self.bench, self.kafka, self.file = bench, kafka, file
        self.zone, self.runs = f"{bench.work}/zone", 0
        self.topic = "messages"
        kafka.ask("create", self.topic, PARTITIONS)
        with open(file, "rb") as lines:
            kafka.ask("lines", self.topic, stdin=lines)
        with open(file, "rb") as lines:
            self.right = self.digest(lines)

    @staticmethod
    def digest(lines):
        """Of lines in any order."""
        count, total = 0, 0
        for line in lines:
            count += 1
            total += zlib.crc32(line)
        return f"{count} messages, {total}"

    def begin(self):
        shutil.rmtree(self.zone, ignore_errors=True)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(f"{self.bench.work}/ledger.db{end}"):
                os.unlink(f"{self.bench.work}/ledger.db{end}")

    def landed(self):
        read = subprocess.Popen(["sh", "-c", f"find {self.zone} -name '*.ndjson*' -exec zstd -qdcf {{}} +"],
                                stdout=subprocess.PIPE)
        found = self.digest(read.stdout)
        read.wait()
        return found

    def headrace(self, *more):
        def command(_):
            # Another ledger must not go on with the group of the one before.
            self.runs += 1
            source = f"kafka://{self.kafka.address}/{self.topic}?from=earliest&until=end&group=bench-{self.runs}"
            return [self.bench.headrace, "ingest", source, "--to", self.zone, "--name", "bench", "--ledger",
                    f"{self.bench.work}/ledger.db", *more]
        return command

    def consume(self):
        bare = [self.kafka.tool, self.kafka.address, "consume", self.topic, "--count"]
        # Its own queues are large; these are headrace's.
        alike = bare[:2] + ["-X", "queued.max.messages.kbytes=16384", "-X", "queued.min.messages=65536", "-X",
                            "fetch.max.bytes=8388608", "-X", "max.partition.fetch.bytes=1048576"] + bare[2:]
        entries = [Entry("bare loop on librdkafka", bare, self.begin, lambda: self.right),
                   Entry("bare loop, small queues", alike, self.begin, lambda: self.right),
                   Entry("headrace, no compression", self.headrace("--compress", "none"), self.begin, self.landed),
                   Entry("headrace", self.headrace(), self.begin, self.landed),
                   Entry("headrace, 2 threads", self.headrace("--threads", "2"), self.begin, self.landed)]
        rows = int(self.right.split()[0])
        return Contest("consume", "messages of 200 bytes, 12 partitions, into NDJSON", self.kafka, rows,
                       os.path.getsize(self.file), entries, entries[0].name)
