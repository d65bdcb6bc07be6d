"""report.py: from the JSON of bench.py to a dated table, a chart, and a snippet for the README.

    report.py RESULTS.json OUT-STEM        writes OUT-STEM.md, OUT-STEM.svg, OUT-STEM.snippet.md
"""
import json
import sys
from html import escape

from tasks import NO_PEERS, TASKS

RAM_TASK = "index in RAM"


def rate(result, tool):
    seen = result["tools"].get(tool, {})
    if "wall" not in seen:
        return None
    return seen.get("rate") or result["bytes"] / seen["wall"] / 1e9


def best_peer(result):
    peers = [(rate(result, name), name) for name in result["tools"] if name not in NO_PEERS and rate(result, name)]
    return max(peers, default=(None, None))


def applies(bar, result):
    return (not bar.files or result["file"] in bar.files) and (not bar.threads or result["threads"] in bar.threads)


def find(results, task, file, threads):
    return next((r for r in results if (r["task"], r["file"], r["threads"]) == (task, file, threads)), None)


def judge(bar, result, results):
    """What was asked, what is so, and whether it is enough; None where a part is missing."""
    ours, seen = rate(result, "headrace"), result["tools"]["headrace"]
    if bar.kind == "wc":
        other, text = rate(result, "wc -l"), f"≥ {bar.value} × wc -l"
    elif bar.kind == "peer":
        (other, name), text = best_peer(result), f"≥ {bar.value} × best peer"
        text += f" ({name})" if name else ""
    elif bar.kind == "tool":
        other, text = rate(result, bar.of), f"≥ {bar.value} × {bar.of}"
    elif bar.kind == "threads":
        one = find(results, result["task"], result["file"], 1)
        other, text = one and rate(one, "headrace"), f"≥ {bar.value} × one thread"
    elif bar.kind == "rate":
        return f"≥ {bar.value} GB/s", f"{ours:.2f} GB/s", ours >= bar.value
    elif bar.kind == "memory":
        return (f"≤ {bar.value / 2**20:.0f} MiB", f"{seen['memory'] / 2**20:.0f} MiB", seen["memory"] <= bar.value)
    elif bar.kind == "wall":
        return f"≤ {bar.value * 1e3:.0f} ms", f"{seen['wall'] * 1e3:.1f} ms", seen["wall"] <= bar.value
    elif bar.kind == "time":
        other, text = rate(result, bar.of), f"≤ {bar.value} × the time of {bar.of}"
        return None if not other else (text, f"{other / ours:.2f} ×", other / ours <= bar.value)
    else:
        plain = find(results, bar.of, result["file"].replace("-stray", ""), result["threads"])
        other, text = plain and rate(plain, "headrace"), f"≤ {bar.value} × the time without strays"
        return None if not other else (text, f"{other / ours:.2f} ×", other / ours <= bar.value)
    return None if not other else (text, f"{ours / other:.2f} ×", ours / other >= bar.value)


def judgements(results):
    found = []
    for task in TASKS:
        for result in [r for r in results if r["task"] == task.name]:
            for bar in [b for b in task.bars if applies(b, result)]:
                told = judge(bar, result, results) if rate(result, "headrace") else None
                found.append((task, result, bar, told))
    return found


def index_bars(kernels):
    """The structural index of CSV in RAM: 15 GB/s with AVX-512, 8 with AVX2."""
    for one in kernels:
        if one["format"] != "csv":
            continue
        for line in one["rates"]:
            if line["task"] == "index" and line["kernel"] in ("avx512", "avx2"):
                bar = 15 if line["kernel"] == "avx512" else 8
                yield one["file"], line["kernel"], bar, float(line["gb_per_s"])


def cell(result, tool):
    seen = result["tools"].get(tool)
    if seen is None:
        return ""
    if "wall" not in seen:
        return seen["state"]
    if result["task"] == "small":
        return f"{seen['wall'] * 1e3:.1f} ms"
    return f"{rate(result, tool):.2f}" + ("" if tool != "headrace" else f" ({seen['memory'] / 2**20:.0f} MiB)")


def tables(report):
    lines = []
    for task in TASKS:
        results = [r for r in report["results"] if r["task"] == task.name]
        if not results:
            continue
        tools = list(dict.fromkeys(name for r in results for name in r["tools"]))
        unit = "milliseconds" if task.name == "small" else "GB/s"
        lines += ["", f"## {task.title} (`{task.name}`, {unit}; of headrace the peak of memory)", "",
                  "| file | threads | " + " | ".join(tools) + " |", "|---|---|" + "---|" * len(tools)]
        for r in results:
            cells = " | ".join(cell(r, name) for name in tools)
            lines.append(f"| {r['file']} | {r['threads']} | {cells} |")
    return lines


def kernel_table(report):
    lines = []
    for one in report["kernels"]:
        names = list(dict.fromkeys(line["task"] for line in one["rates"] if line["kernel"]))
        lines += ["", f"### {one['file']}", "", "| kernel | " + " | ".join(names) + " |", "|---|" + "---|" * len(names)]
        for kernel in dict.fromkeys(line["kernel"] for line in one["rates"] if line["kernel"]):
            rates = {line["task"]: line["gb_per_s"] for line in one["rates"] if line["kernel"] == kernel}
            lines.append(f"| {kernel} | " + " | ".join(f"{rates[name]}" for name in names) + " |")
        passes = ", ".join(f"{line['task']} {line['gb_per_s']}" for line in one["rates"] if not line["kernel"])
        lines += ["", f"Whole passes: {passes}."]
    return ["", "## Kernels in memory (`headrace bench FILE`, GB/s)", *lines] if lines else []


def micro_table(report):
    """One row a kernel and its data, one column an instruction set."""
    parts = {name: name.rsplit("/", 1) for name in report.get("micro", {})}
    sets = list(dict.fromkeys(last for _, last in parts.values()))
    if not sets:
        return []
    lines = ["", "## Microbenchmarks (`bench_kernels`, 64 KiB in cache, GB/s)", "", "| kernel, data | " + " | ".join(sets) + " |",
             "|---|" + "---|" * len(sets)]
    for first in dict.fromkeys(first for first, _ in parts.values()):
        values = [report["micro"].get(f"{first}/{name}") for name in sets]
        lines.append(f"| {first} | " + " | ".join("" if value is None else f"{value / 1e9:.2f}" for value in values) + " |")
    return lines


def wrong_answers(report):
    lines = []
    for r in report["results"]:
        for name, seen in r["tools"].items():
            if seen["state"] in ("wrong", "fails"):
                why = " ".join(seen.get("why", "").split()).replace("|", "/")
                lines.append(f"| {r['task']} | {r['file']} | {r['threads']} | {name} | {seen['state']} | {why} |")
    head = ["", "## Answers that are not headrace's", "",
            "Times of these do not count. \"wrong\" gives the first value that differs, or the count, and ours.", "",
            "| task | file | threads | program | | what |", "|---|---|---|---|---|---|"]
    return head + lines if lines else []


def bars_table(report):
    lines = ["", "## Bars", "", "| task | file | threads | bar | measured | |", "|---|---|---|---|---|---|"]
    for file, kernel, bar, value in index_bars(report["kernels"]):
        met = "met" if value >= bar else "**missed**"
        lines.append(f"| {RAM_TASK}, {kernel} | {file} | 1 | ≥ {bar} GB/s | {value:.2f} GB/s | {met} |")
    for task, result, _, told in judgements(report["results"]):
        if told is None:
            continue
        met = "met" if told[2] else "**missed**"
        lines.append(f"| {task.title} | {result['file']} | {result['threads']} | {told[0]} | {told[1]} | {met} |")
    return lines


def heading(report, date):
    machine = report["machine"]
    versions = ", ".join(f"{name} {text}" for name, text in report["versions"].items())
    lines = [f"# {date} on {machine['name']}", "",
             f"{machine['processor']}, {machine['processors']} processors ({', '.join(machine['sets'])}), "
             f"{machine['memory'] / 2**30:.0f} GiB, {machine['kernel']}; load at the start {report['load'][0]:.1f}.", "",
             f"Medians of {report['runs']} interleaved runs of whole processes on generated files of "
             f"{max(r['bytes'] for r in report['results']) / 1e6:.0f} MB in the page cache, output to "
             "/dev/null; each process may use as many processors as it has threads (2 for gzip and zstd). GB/s are 10⁹ "
             "bytes of uncompressed input. Peers more than three times slower than the fastest one are run once; programs "
             "that time themselves (in RAM) give the best of three rounds, twice. "
             "An answer is compared before its time counts. See bench/README.md.", "", f"Versions: {versions}."]
    if report["absent"]:
        lines += ["", "Not to be had: " + "; ".join(f"{name} ({why})" for name, why in report["absent"].items()) + "."]
    return lines


# ---- chart --------------------------------------------------------------------------------------------------------------


def compared(ours, theirs):
    return f"{ours / theirs:.1f} × slower" if ours >= theirs else f"{theirs / ours:.2f} × faster"


def chart(report):
    """headrace beside its best peer, one pair of bars a task and file, as SVG without any library."""
    pairs = []
    for task in TASKS:
        for r in [r for r in report["results"] if r["task"] == task.name and r["threads"] == 1]:
            ours, (theirs, name) = rate(r, "headrace"), best_peer(r)
            if ours and theirs and not task.name.startswith(("stray", "small")):
                pairs.append((task.title, r["file"].split(".")[0], ours, theirs, name))
    row, left, width = 30, 330, 560
    scale = width / max([max(p[2], p[3]) for p in pairs], default=1)
    height, y, last, out = 40, 40, None, []
    for title, file, ours, theirs, name in pairs:
        if title != last:
            y += 24
            out.append(f'<text x="8" y="{y - 4}" class="title">{escape(title)}</text>')
            last = title
        out.append(f'<text x="{left - 8}" y="{y + 15}" text-anchor="end">{escape(file)}</text>')
        for offset, value, kind, label in ((0, ours, "ours", f"{ours:.2f} headrace"),
                                           (12, theirs, "theirs", f"{theirs:.2f} {name}, {compared(ours, theirs)}")):
            size = max(value * scale, 1)
            out.append(f'<rect x="{left}" y="{y + offset + 2}" width="{size:.1f}" height="10" class="{kind}"/>')
            out.append(f'<text x="{left + size + 5:.1f}" y="{y + offset + 11}" class="small">{escape(label)}</text>')
        y += row
    height = y + 20
    style = ("text{font:13px sans-serif;fill:#24292f}.title{font-weight:bold}.small{font-size:10px}"
             ".ours{fill:#0a6ebd}.theirs{fill:#b8bec6}"
             "@media(prefers-color-scheme:dark){text{fill:#d0d7de}.theirs{fill:#6e7681}.ours{fill:#58a6ff}}")
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {left + width + 190} {height}" '
            f'width="{left + width + 190}" height="{height}" role="img"><title>GB/s, one thread: headrace and the '
            f'fastest other program with the same answer</title><style>{style}</style>'
            f'<text x="8" y="24" class="title">GB/s on one thread: headrace and the fastest other program that gives '
            f"the same answer</text>\n" + "\n".join(out) + "\n</svg>\n")


def snippet(report, name):
    """The README's table: a task a row, a file a column, with the factor to the best peer."""
    lines = ["| GB/s, one thread (× the best peer) | " + " | ".join(["cities", "taxi", "quoted", "wide", "longtext"]) + " |",
             "|---|---|---|---|---|---|"]
    for task in TASKS:
        cells = []
        for shape in ("cities", "taxi", "quoted", "wide", "longtext"):
            result = find(report["results"], task.name, f"{shape}.csv", 1)
            ours = result and rate(result, "headrace")
            theirs = result and best_peer(result)[0]
            cells.append("" if not ours else f"{ours:.1f}" + (f" ({ours / theirs:.1f} ×)" if theirs else ""))
        if any(cells) and task.name != "small":
            lines.append(f"| {task.title} | " + " | ".join(cells) + " |")
    lines += ["", "| GB/s, one thread (× the best peer) | events | orders | tweets |", "|---|---|---|---|"]
    for task in TASKS:
        cells = []
        for shape in ("events", "orders", "tweets"):
            result = find(report["results"], task.name, f"{shape}.ndjson", 1)
            ours = result and rate(result, "headrace")
            theirs = result and best_peer(result)[0]
            cells.append("" if not ours else f"{ours:.1f}" + (f" ({ours / theirs:.1f} ×)" if theirs else ""))
        if any(cells):
            lines.append(f"| {task.title} | " + " | ".join(cells) + " |")
    return lines + ["", f"From [bench/results/{name}.md](bench/results/{name}.md), by `./dev bench`."]


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        report = json.load(file)
    stem = sys.argv[2]
    name = stem.rsplit("/", 1)[-1]
    lines = [*heading(report, name[:10]), "", f"![chart]({name}.svg)", *bars_table(report), *tables(report),
             *wrong_answers(report), *kernel_table(report), *micro_table(report)]
    for suffix, text in ((".md", "\n".join(lines) + "\n"), (".svg", chart(report)),
                         (".snippet.md", "\n".join(snippet(report, name)) + "\n")):
        with open(stem + suffix, "w", encoding="utf-8") as file:
            file.write(text)


if __name__ == "__main__":
    main()
