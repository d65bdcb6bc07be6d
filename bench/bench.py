"""bench.py: measures the tasks of tasks.py: every answer is compared with headrace's before a time counts, runs of all
tools are interleaved, the median stands. Writes a JSON of everything that was seen; report.py makes the table of it.

    bench.py --program FILE --build FOLDER --data FOLDER --work FOLDER --out FILE [--runs N] [--peers LIST] [NAME...]

WORK holds the compiled runner and normal, and below peers/ what peers/install.sh put there. NAME: tasks (all).
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
from itertools import zip_longest

from tasks import NO_PEERS, TASKS, Tools

LIMIT = 300  # seconds for one run
SLOW = 3  # peers slower than so many times the fastest one are run once more only: none of them is the best
LONG = 5  # seconds; and those of them that took longer not even that: the run for their answer is their time


def note(text):
    print(text, file=sys.stderr, flush=True)


class Bench:
    def __init__(self, args):
        self.args = args
        self.tools = Tools(args.program, args.build, f"{args.work}/peers", os.path.dirname(os.path.abspath(__file__)))
        self.results = []

    def run(self, command, processors, output="/dev/null"):
        """One run: wall, CPU seconds, peak memory in bytes, exit status."""
        done = subprocess.run([f"{self.args.work}/runner", "-c", str(processors), "-o", output, "-t", str(LIMIT), *command],
                              capture_output=True, text=True, check=False)
        wall, user, system, peak, status = done.stdout.split()
        return {"wall": float(wall), "cpu": float(user) + float(system), "memory": int(peak) * 1024,
                "status": int(status), "said": done.stderr.strip()[-300:]}

    def normal(self, form, path):
        if form == "none":
            return ""
        if form == "line":
            with open(path, encoding="utf-8", errors="replace") as file:
                lines = [line.strip() for line in file if "GB/s" not in line]
            # wc names the file, Miller the value; numbers may be grouped.
            return " ".join(re.sub(r"(?<=\d),(?=\d{3})|^count[ =]| \S*/\S*$", "", line) for line in lines)
        # The names in the first row of fields differ from program to program.
        wanted = ["csv", path, "rows"] if form == "rows" else [form, path]
        done = subprocess.run([f"{self.args.work}/normal", *wanted], capture_output=True, text=True, check=False)
        return done.stdout.strip().splitlines()[-1] if done.stdout else "nothing"

    def difference(self, form, ours, theirs):
        """The first value in which two answers part."""
        if form not in ("csv", "ndjson", "rows"):
            return None
        form = "csv" if form == "rows" else form
        both = [subprocess.Popen([f"{self.args.work}/normal", form, path, "dump"], stdout=subprocess.PIPE, text=True,
                                 errors="replace") for path in (ours, theirs)]
        found = None
        for a, b in zip_longest(both[0].stdout, both[1].stdout):
            if a != b:
                found = f"{(b or 'nothing').strip()[:60]!r} for {(a or 'nothing').strip()[:60]!r}"
                break
        for process in both:
            process.kill()
            process.wait()
            process.stdout.close()
        return found

    def answers(self, task, commands, processors):
        """The tools whose answer is ours, with what is wrong of the others."""
        seen, ours, right = {}, None, []
        paths = {name: f"{self.args.work}/answer-{i}" for i, name in enumerate(commands)}
        for name, command in commands.items():
            if shutil.which(command[0]) is None:
                seen[name] = {"state": "absent"}
                continue
            first = self.run(command, processors, paths[name])
            if first["status"] not in (0, 3) or (name != "headrace" and first["status"] != 0):
                last = first["said"].splitlines()[-1] if first["said"] else ""
                why = "no answer within %d s" % LIMIT if first["status"] == 137 else f"fails: {last[:120]}"
                seen[name] = {"state": "fails", "why": why, "status": first["status"]}
            elif not name.endswith("alone") and not (name == "wc -l" and task.answer != "line"):
                answer = self.normal(task.answer, paths[name])
                ours = answer if ours is None else ours
                seen[name] = {"state": "right", "answer": answer, "first": first["wall"], "run": first}
                if answer != ours and name != "wc -l":
                    what = self.difference(task.answer, paths["headrace"], paths[name]) or f"{answer} for {ours}"
                    seen[name] |= {"state": "wrong", "why": what}
                    del seen[name]["run"]
            else:
                seen[name] = {"state": "right", "first": first["wall"], "run": first}
            if name == "headrace" and seen[name]["state"] != "right":
                break
            if seen[name]["state"] == "right":
                right.append(name)
            if task.within and seen[name]["state"] == "right":
                seen[name]["run"]["rate"] = self.rate(paths[name])
            if name != "headrace" and os.path.exists(paths[name]):
                os.unlink(paths[name])
        if os.path.exists(paths["headrace"]):
            os.unlink(paths["headrace"])
        return seen, right

    @staticmethod
    def rate(path):
        """What a program that times itself said: "1.234 GB/s" first."""
        with open(path, encoding="utf-8") as file:
            return float(file.readline().split()[0])

    def time(self, task, commands, right, seen, processors):
        runs = {name: [] for name in right}
        peers = [seen[name]["first"] for name in right if name not in NO_PEERS]
        slow = [name for name in right if name not in NO_PEERS and not task.within
                and seen[name]["first"] > max(SLOW * min(peers), 0.5)]
        for name in right:
            if task.within or (name in slow and seen[name]["first"] > LONG):
                runs[name] = [seen[name]["run"]]
        for _ in range(1 if task.within else self.args.runs):
            for name in right:
                if name in slow and runs[name]:
                    continue
                path = f"{self.args.work}/rate" if task.within else "/dev/null"
                one = self.run(commands[name], processors, path)
                if task.within:
                    one["rate"] = self.rate(path)
                runs[name].append(one)
        for name, all_runs in runs.items():
            for key in ("wall", "cpu", "memory", *(["rate"] if task.within else [])):
                seen[name][key] = statistics.median(run[key] for run in all_runs)
            seen[name]["runs"] = len(all_runs)
            del seen[name]["run"]
            seen[name]["walls"] = [run["wall"] for run in all_runs]

    def task(self, task):
        for name in task.files:
            file = os.path.join(self.args.data, name)
            if not os.path.exists(file):
                note(f"{task.name}: {name} is not there")
                continue
            for threads in task.threads:
                if threads > os.cpu_count():
                    continue
                commands = task.commands(self.tools, file, threads)
                wanted = self.args.peers.split(",") if self.args.peers is not None else list(commands)
                commands = {key: value for key, value in commands.items() if key in NO_PEERS or key in wanted}
                processors = task.processors or threads
                seen, right = self.answers(task, commands, processors)
                self.time(task, commands, right, seen, processors)
                size = os.path.getsize(os.path.join(self.args.data, re.sub(r"\.(gz|zst)$", "", name)))
                self.results.append({"task": task.name, "file": name, "threads": threads, "bytes": size, "tools": seen})
                self.say(self.results[-1], task)

    def say(self, result, task):
        parts = []
        for name, seen in result["tools"].items():
            if "wall" in seen:
                rate = seen.get("rate") or result["bytes"] / seen["wall"] / 1e9
                parts.append(f"{name} {rate:.2f}")
            else:
                parts.append(f"{name} {seen['state']}")
        note(f"{task.name} {result['file']} t{result['threads']}: " + ", ".join(parts))

    def kernels(self):
        """What `headrace bench` says of each file, kernel by kernel."""
        lines = []
        # Of tiny files, which only show that all is there, one a format.
        files = [file for task in TASKS if task.name in ("count", "json-count") for file in
                 (task.files if os.path.getsize(os.path.join(self.args.data, task.files[0])) > 10**7 else task.files[:1])]
        for name in files:
            file = os.path.join(self.args.data, name)
            done = subprocess.run([self.args.program, "bench", "--json", file], capture_output=True, text=True,
                                  check=False)
            if done.returncode == 0:
                lines.append(json.loads(done.stdout) | {"file": name})
        return lines


def first_line(command):
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return (done.stdout or done.stderr).strip().splitlines()[0]
    except (OSError, IndexError, subprocess.TimeoutExpired):
        return None


def short(text):
    """The version in a line about a program."""
    found = re.search(r"\d+(\.\d+)+", text)
    return found.group(0) if found else text[:40]


def versions(tools):
    found = {"headrace": first_line([tools.headrace, "version"]), "xan": first_line([tools.cargo("xan"), "--version"]),
             "qsv": first_line([tools.cargo("qsvlite"), "--version"]), "Miller": first_line(["mlr", "--version"]),
             "jq": first_line(["jq", "--version"]), "igzip": first_line(["igzip", "--version"]),
             "zstd": first_line(["zstd", "--version"]), "wc": first_line(["wc", "--version"]),
             "compiler": first_line(["cc", "--version"]),
             "simdjson": first_line(["dpkg-query", "-W", "-f=${Version}", "libsimdjson-dev"])}
    for line in (first_line([f"{tools.peers}/venv/bin/pip", "freeze", "--all"]) and subprocess.run(
            [f"{tools.peers}/venv/bin/pip", "freeze"], capture_output=True, text=True, check=False).stdout or "").split():
        found |= dict([line.split("==")]) if "==" in line else {}
    return {name: short(text) if text else "absent" for name, text in found.items()}


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        lines = dict(line.rstrip("\n").split(":", 1) for line in file if ":" in line)
    flags = next((value for key, value in lines.items() if key.strip() == "flags"), "").split()
    with open("/proc/meminfo", encoding="utf-8") as file:
        memory = int(file.readline().split()[1]) * 1024
    return {"name": os.uname().nodename, "processor": next((value.strip() for key, value in lines.items()
                                                            if key.strip() == "model name"), os.uname().machine),
            "processors": os.cpu_count(), "kernel": f"{os.uname().sysname} {os.uname().release}", "memory": memory,
            "sets": [name for name in ("avx512_vbmi2", "avx2", "sse4_2") if name in flags]}


def save(report, path):
    with open(path, "w", encoding="utf-8") as file:
        json.dump(report, file, indent=1)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("program", "build", "data", "work", "out"):
        parser.add_argument(f"--{name}", required=True)
    parser.add_argument("--runs", type=int, default=5)
    parser.add_argument("--peers", help="these alone, by name, with commas between them; an empty text: none")
    parser.add_argument("--micro", help="results of bench_kernels as JSON")
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    for name in ("program", "build", "data", "work"):
        setattr(args, name, os.path.abspath(getattr(args, name)))
    unknown = [name for name in args.names if name not in [task.name for task in TASKS] + ["kernels"]]
    if unknown:
        parser.error(f"no task {unknown[0]}; there are: {' '.join(task.name for task in TASKS)} kernels")
    bench = Bench(args)
    absent = {}
    if os.path.exists(f"{args.work}/peers/absent.tsv"):
        with open(f"{args.work}/peers/absent.tsv", encoding="utf-8") as file:
            absent = dict(line.rstrip("\n").split("\t") for line in file)
    report = {"machine": machine(), "versions": versions(bench.tools), "absent": absent, "runs": args.runs,
              "load": os.getloadavg(), "kernels": [], "results": bench.results}
    if args.micro:
        with open(args.micro, encoding="utf-8") as file:
            report["micro"] = {run["name"]: run.get("bytes_per_second", 0) for run in json.load(file)["benchmarks"]}
    if not args.names or "kernels" in args.names:
        report["kernels"] = bench.kernels()
    for task in TASKS:
        if not args.names or task.name in args.names:
            bench.task(task)
            save(report, args.out)
    save(report, args.out)
    failed = [result for result in bench.results if result["tools"].get("headrace", {}).get("state") != "right"]
    for result in failed:
        note(f"headrace has no answer: {result['task']} {result['file']} t{result['threads']}: "
             f"{result['tools']['headrace'].get('why')}")


if __name__ == "__main__":
    main()
