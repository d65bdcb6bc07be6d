"""places.py: the servers: a PostgreSQL with fsync and an Apache Kafka of one's own, started by tests/servers."""
import os
import re
import subprocess
import time

SERVERS = os.path.abspath(f"{os.path.dirname(os.path.abspath(__file__))}/../../tests/servers")


def start(script, folder):
    """Starts a server; the variables that it says."""
    subprocess.run([f"{SERVERS}/{script}", "start", folder], check=True, stdin=subprocess.DEVNULL)
    said = {}
    with open(f"{folder}/env", encoding="utf-8") as file:
        for line in file:
            name, _, value = line.removeprefix("export ").strip().partition("=")
            said[name] = value.strip("'")
    return said


class Postgres:
    def __init__(self, folder):
        self.folder = folder
        self.env = start("postgres.sh", folder)
        os.environ.update({name: value for name, value in self.env.items() if name.startswith("PG")})
        with open(f"{self.env['PRIMARY_DATA']}/postmaster.pid", encoding="utf-8") as file:
            self.pid = int(file.readline())
        with open(self.env["PGPASSFILE"], encoding="utf-8") as file:
            password = file.readline().rstrip("\n").rpartition(":")[2]
        place = f"{self.env['PGHOST']}:{self.env['PGPORT']}/{self.env['PGDATABASE']}"
        self.uri = f"postgres://{self.env['PGUSER']}@{place}"
        self.secret_uri = f"postgresql://{self.env['PGUSER']}:{password}@{place}?sslmode=disable"

    def sql(self, *statements):
        command = ["psql", "-XAtq", "-v", "ON_ERROR_STOP=1"]
        for statement in statements:
            command += ["-c", statement]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise RuntimeError(f"{statements}: {done.stderr.strip()}")
        return done.stdout.strip()

    def settle(self):
        """Waits until the backends of clients have ended, so that their time is counted."""
        for _ in range(500):
            if self.sql("SELECT count(*) FROM pg_stat_activity WHERE backend_type = 'client backend'") == "1":
                return
            time.sleep(0.02)

    def version(self):
        return self.sql("SHOW server_version").split()[0]

    def stop(self):
        subprocess.run([f"{SERVERS}/postgres.sh", "stop", self.folder], check=False)


class Kafka:
    def __init__(self, folder, tool):
        self.folder, self.tool = folder, tool
        self.address = start("kafka.sh", folder)["KAFKA"]
        with open(f"{folder}/pid", encoding="utf-8") as file:
            self.pid = int(file.read())

    def ask(self, *words, **more):
        subprocess.run([self.tool, self.address, *words], check=True, **more)

    def settle(self):
        """The broker's own threads do all that is done for a client while it asks."""

    def version(self):
        with open(f"{SERVERS}/pom.xml", encoding="utf-8") as file:
            return re.search(r"<kafka.version>(.*)<", file.read()).group(1)

    def stop(self):
        subprocess.run([f"{SERVERS}/kafka.sh", "stop", self.folder], check=False)
