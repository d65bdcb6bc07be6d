"""servers_report.py RESULTS.json TABLE.md: the bars, met or missed, and what was measured, of the JSON of servers.py."""
import json
import shlex
import sys
from datetime import datetime, timezone


def find(report, contest, tool):
    """The medians of a tool in a contest, with its rows; None when it has no right answer."""
    one = next((c for c in report["contests"] if c["name"] == contest), None)
    seen = one and one["tools"].get(tool)
    return seen | {"rows": one["rows"]} if seen and seen["state"] == "right" else None


def ratio_bar(what, ours, theirs, bar, versus):
    """ours and theirs did the same; how many times as fast we were."""
    if not ours or not theirs:
        return (what, f"≥ {bar} × {versus}", "not measured", None)
    ratio = theirs["wall"] / ours["wall"]
    return (what, f"≥ {bar} × {versus}", f"{ratio:.2f} ×", ratio >= bar)


def best(report, names):
    """The best peer in rows a second, and in rows a second of its processor time."""
    seen = [(name, one) for name in names if (one := find(report, "append", name))]
    return (min(seen, key=lambda each: each[1]["wall"], default=None), min(seen, key=lambda each: each[1]["cpu"], default=None))


def peer_bars(report):
    ours = find(report, "append", "headrace")
    quick, frugal = best(report, ("sling", "dlt"))
    if not ours or not quick:
        return
    speed, thrift = quick[1]["wall"] / ours["wall"], frugal[1]["cpu"] / ours["cpu"]
    yield ("against peers: rows a second", f"≥ 4 × the best ({quick[0]})", f"{speed:.2f} ×", speed >= 4)
    yield ("against peers: rows per CPU second", f"≥ 4 × the best ({frugal[0]})", f"{thrift:.1f} ×", thrift >= 4)
    yield ("against peers: memory", "≤ 50 MB", f"{ours['memory'] / 1e6:.0f} MB", ours["memory"] <= 50e6)


def bars(report):
    copy, ours = find(report, "append", "psql \\copy"), find(report, "append", "headrace")
    yield ratio_bar("CSV → table, append, one writer", ours, copy, 0.95, "psql \\copy")
    if ours:
        share = ours["cpu"] / ours["server"]
        yield ("— its processor time", "≤ 15 % of the server's", f"{share:.1%}", share <= 0.15)
    yield ratio_bar("CSV → table, append, two writers", find(report, "append", "headrace, 2 writers"), copy, 1.7,
                    "one psql \\copy")
    yield ratio_bar("CSV → table with a primary key, insert-ignore", find(report, "keyed", "headrace"),
                    find(report, "keyed", "psql, staging by hand"), 0.9, "by hand in psql")
    yield ratio_bar("table → NDJSON zone", quickest(report, "pull"), find(report, "pull", "psql copy to stdout"), 0.95,
                    "psql copy to stdout")
    bare, pulled = quickest(report, "consume", "bare"), quickest(report, "consume")
    yield ratio_bar("topic → NDJSON zone", pulled, bare, 0.8, "a bare loop")
    if pulled:
        rate = pulled["rows"] / pulled["wall"]
        yield ("— messages a second", "≥ 400,000", f"{rate:,.0f}", rate >= 4e5)
    said = report.get("damaged", {}).get("headrace")
    if said:
        right = said["landed"] == 99990 and said["exit"] == 3 and said["listed"] == 10 and not said["wrong"]
        yield ("100,000 orders, ten damaged", "99,990 land, 10 listed, exit 3",
               f"{said['landed']:,} land, {said['listed']} listed, exit {said['exit']}"
               + "".join(f"; {wrong}" for wrong in said["wrong"]), right)
    yield from peer_bars(report)


def quickest(report, contest, who="headrace"):
    one = next((c for c in report["contests"] if c["name"] == contest), None)
    ours = [find(report, contest, name) for name in (one["tools"] if one else []) if name.startswith(who)]
    return min((seen for seen in ours if seen), key=lambda seen: seen["wall"], default=None)


def contest_table(contest):
    lines = ["", f"## {contest['title'][0].upper()}{contest['title'][1:]} (`{contest['name']}`, {contest['rows']:,} rows, "
             f"{contest['bytes'] / 1e6:,.0f} MB)", "",
             "| | wall s | rows/s | client CPU s | rows per client CPU s | server CPU s | client memory MB | load |",
             "|---|---|---|---|---|---|---|---|"]
    for name, seen in contest["tools"].items():
        if seen["state"] != "right":
            lines.append(f"| {name} | {seen['state']} {seen.get('why', '')[:120]} | | | | | | |".replace("\n", " "))
            continue
        rows, cpu = contest["rows"], max(seen["cpu"], 0.001)
        lines.append(f"| {name} | {seen['wall']:.2f} ({min(seen['walls']):.2f}–{max(seen['walls']):.2f}) | {rows / seen['wall']:,.0f} | "
                     f"{seen['cpu']:.2f} | {rows / cpu:,.0f} | {seen['server']:.2f} | {seen['memory'] / 1e6:.0f} | {seen['load']:.1f} |")
    lines += ["", "```sh"]
    lines += [shlex.join(seen["command"]) for seen in contest["tools"].values() if "command" in seen]
    return lines + ["```"]


def damaged_table(report):
    found = report.get("damaged")
    if not found:
        return []
    lines = ["", "## 100,000 orders, ten of them damaged in ten ways (`damaged`)", "", "| | landed | exit | what it said |",
             "|---|---|---|---|"]
    for name, seen in found.items():
        said = seen["said"].replace("|", "\\|").replace("\n", " ")
        lines.append(f"| {name} | {seen['landed']:,} | {seen['exit']} | {said} |")
    lines += ["", "What headrace lists:", "", "| line | offset | column | value | kind | message |", "|---|---|---|---|---|---|"]
    for reject in found["headrace"]["rejects"]:
        message = str(reject.get("message", "")).replace("|", "\\|").replace("\n", " ")[:120]
        value = reject.get("value", f"base64 {reject.get('value_base64')}")
        column = f"{reject.get('column')} {reject.get('column_name') or ''}".strip()
        shown = "" if value is None else repr(value).replace("|", "\\|")
        lines.append(f"| {reject.get('line')} | {reject.get('offset')} | {column} | {shown} | {reject.get('kind')} | {message} |")
    return lines


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    machine, date = report["machine"], datetime.now(timezone.utc).strftime("%Y-%m-%d")
    versions = ", ".join(f"{name} {version}" for name, version in report["versions"].items())
    lines = [f"# At servers, {date}", "",
             f"{machine['processor']}, {machine['processors']} processors for client and server together, {machine['memory'] / 2**30:.0f} GiB, "
             f"{machine['kernel']}; load when it began {report['load'][0]:.1f}. Medians of {report['runs']} runs that took turns (in "
             "brackets from the quickest to the slowest); peers much slower than the reference once. Servers on loopback, "
             f"fsync on. {versions}.", "", "## Bars", "", "| | bar | measured | |", "|---|---|---|---|"]
    for what, bar, measured, met in bars(report):
        lines.append(f"| {what} | {bar} | {measured} | {'' if met is None else 'met' if met else '**missed**'} |")
    for contest in report["contests"]:
        lines += contest_table(contest)
    lines += damaged_table(report)
    with open(sys.argv[2], "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


if __name__ == "__main__":
    main()
