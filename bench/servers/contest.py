"""contest.py: programs that do the same to the same server, taking turns; an answer is checked before a time counts."""
import os
import shutil
import statistics
import sys

from measure import run

SLOW = 2.5  # peers so many times slower than the reference are run once: none of them comes near a bar


def note(text):
    print(text, file=sys.stderr, flush=True)


class Entry:
    """A program in a contest. command: a list, or a function of the number of the run that gives one. before: done
    ahead of each run, untimed. answer: what the run has made, asked after it; the reference's is the right one."""

    def __init__(self, name, command, before, answer, environment=None, peer=False, quick_answer=None):
        self.name, self.command, self.before, self.answer = name, command, before, answer
        self.environment, self.peer, self.quick_answer = environment, peer, quick_answer


class Contest:
    """reference: name of the entry that the others are compared with; how: what the table says of it."""

    def __init__(self, name, title, server, rows, size, entries, reference):
        self.name, self.title, self.server, self.rows, self.size = name, title, server, rows, size
        self.entries, self.reference = entries, reference


def one_run(bench, contest, entry, number):
    command = entry.command(number) if callable(entry.command) else entry.command
    if shutil.which(command[0]) is None:
        return {"state": "absent"}
    entry.before()
    shown = [bench.shown(word) for word in command]
    seen = run(bench.runner, command, contest.server, bench.output, entry.environment)
    if seen["status"]:
        return {"state": "fails", "why": bench.shown(seen["said"][-300:]), "status": seen["status"], "command": shown}
    ask = entry.answer if number == 0 or not entry.quick_answer else entry.quick_answer
    return seen | {"state": "right", "answer": ask(), "command": shown, "load": os.getloadavg()[0]}


def judge(runs, right, name):
    """The runs of one entry: their medians, or why there are none."""
    bad = next((one for one in runs if one["state"] != "right"), None)
    if bad:
        return bad
    wrong = next((one for one in runs if one["answer"] not in right), None)
    if wrong:
        note(f"{name}: {wrong['answer']} instead of {sorted(right)}")
        return {"state": "wrong", "why": f"{wrong['answer']} instead of {sorted(right)}", "command": wrong["command"]}
    result = {key: statistics.median(one[key] for one in runs) for key in ("wall", "cpu", "server", "load")}
    return result | {"state": "right", "memory": max(one["memory"] for one in runs), "command": runs[0]["command"],
                     "walls": [one["wall"] for one in runs], "servers": [one["server"] for one in runs]}


def hold(bench, contest, times):
    """All entries in turn, `times` times; slow peers once."""
    runs = {entry.name: [] for entry in contest.entries}
    for number in range(times):
        for entry in contest.entries:
            past = runs[entry.name]
            base = [one["wall"] for one in runs[contest.reference] if one["state"] == "right"]
            if past and (past[0]["state"] != "right" or (entry.peer and base and past[0]["wall"] > SLOW * base[0])):
                continue
            past.append(one_run(bench, contest, entry, number))
            one = past[-1]
            note(f"{contest.name}: {entry.name}: " + (f"{one['wall']:.2f} s, client {one['cpu']:.2f}, server "
                 f"{one['server']:.2f}, {one['memory'] / 2**20:.0f} MiB" if one["state"] == "right" else
                 f"{one['state']} {one.get('why', '')}"))
    right = {one["answer"] for one in runs[contest.reference] if one["state"] == "right"}
    return {"name": contest.name, "title": contest.title, "rows": contest.rows, "bytes": contest.size,
            "reference": contest.reference,
            "tools": {name: judge(all_runs, right, f"{contest.name}: {name}") for name, all_runs in runs.items()}}
