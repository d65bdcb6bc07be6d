"""measure.py: one run of a client beside a server: wall time, processor time of both, peak memory of the client."""
import os
import subprocess

TICKS = os.sysconf("SC_CLK_TCK")
LIMIT = 900  # seconds for one run


def fields_of(pid):
    """The fields of /proc/PID/stat behind the name, or None when the process is gone."""
    try:
        with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
            return file.read().rpartition(")")[2].split()
    except OSError:
        return None


def server_seconds(pid):
    """Processor time of a server so far: its first process with children that have ended, and those that live."""
    ticks = 0
    parts = fields_of(pid)
    if parts:
        ticks += sum(int(part) for part in parts[11:15])
    try:
        with open(f"/proc/{pid}/task/{pid}/children", encoding="utf-8") as file:
            children = file.read().split()
    except OSError:
        children = []
    for child in children:
        parts = fields_of(child)
        if parts:
            ticks += int(parts[11]) + int(parts[12])
    return ticks / TICKS


def run(runner, command, server, output, environment=None):
    """server: .pid, and .settle() that waits until it has done with the client."""
    before = server_seconds(server.pid)
    done = subprocess.run([runner, "-o", output, "-t", str(LIMIT), *command], capture_output=True, text=True,
                          errors="replace", check=False, env={**os.environ, **(environment or {})})
    wall, user, system, peak, status = done.stdout.split()
    server.settle()
    return {"wall": float(wall), "cpu": float(user) + float(system), "memory": int(peak) * 1024, "status": int(status),
            "server": server_seconds(server.pid) - before, "said": done.stderr.strip()[-2000:]}
