#!/usr/bin/python3
"""Measures everything and writes the tables and plots of docs/PERFORMANCE.md between their markers.

  bench/report.py --bin build/release/src/eventsd            at most 25 minutes
  bench/report.py --bin … --quick                            one run of each, at most 4 minutes
  bench/report.py --bin … --only fanout,peers                these steps; the others' last results stay
  bench/report.py --render                                   writes the tables again, measures nothing

Each step is a script of this folder whose JSON is kept in build/bench-report/; none takes longer than
200 s, so that steps can be run one by one on a machine that is quiet only for moments.
"""
import argparse
import datetime
import json
import os
import platform
import re
import subprocess
import sys
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
FOLDER = os.path.join(ROOT, "build", "bench-report")
DOCUMENT = os.path.join(ROOT, "docs", "PERFORMANCE.md")
IMAGES = os.path.join(ROOT, "docs", "images")
SWEEPS = ("subscribers", "subscribers_1", "channels", "subscriptions", "wildcards", "size")

# name: (script, arguments, runs, arguments of --quick). A script that does not exist is left out.
STEPS = {
    "fanout": ("compare.py", ["--only", "fanout"], 7, ["--quick"]),
    "tls_fanout": ("compare.py", ["--only", "tls_fanout"], 5, ["--quick"]),
    "publish": ("compare.py", ["--only", "publish,http,nginx"], 7, ["--quick"]),
    "connect": ("compare.py", ["--only", "connect,tls_connect"], 5, ["--quick"]),
    "memory": ("compare.py", ["--only", "memory"], 3, ["--quick"]),
    "tls_memory": ("compare.py", ["--only", "tls_memory"], 3, ["--quick"]),
    "history": ("compare.py", ["--only", "history"], 5, ["--quick"]),
    "durable": ("durable.py", [], 5, []),
    **{"sweep_" + name: ("sweep.py", ["--only", name], 5, ["--quick"]) for name in SWEEPS},
    "shards": ("shards.py", [], 3, []),
    "latency": ("latency.py", [], 1, ["--seconds", "2"]),
    "auth_connect": ("auth_connect.py", [], 5, []),
    "peers": ("peers/run.py", [], 1, ["--quick"]),
    "send_paths": ("experiments/run.py", ["--only", "send_paths"], 1, []),
    "spin": ("experiments/run.py", ["--only", "spin"], 1, []),
    "json": ("experiments/run.py", ["--only", "json"], 1, []),
    "allocators": ("experiments/run.py", ["--only", "allocators"], 3, []),
}
# Beginning of a row's label: (target in words, whether a row meets it).
TARGETS = [
    ("fan-out, CPU per delivery, 1 in", "≤ 1.15 × floor", lambda r: r["ratio"] <= 1.15),
    ("fan-out, CPU per delivery, 16 in", "reported", None),
    ("fan-out, CPU per delivery, 128 in", "≤ 1.25 × floor", lambda r: r["ratio"] <= 1.25),
    ("fan-out over TLS", "≤ 1.5 × floor", lambda r: r["ratio"] <= 1.5),
    ("WebSocket publish ingest", "≥ 150,000/s", lambda r: r["eventsd"] >= 150_000),
    ("HTTP publish (the floor: nginx", "≥ 0.6 × nginx", lambda r: r["ratio"] >= 0.6),
    ("HTTP publish, keep-alive", "reported", None),
    ("connect to subscribed, CPU (floor: the same", "reported", None),
    ("connect to subscribed, CPU", "≤ 1.5 × floor, ≤ 100 µs (10,000/s on one core)",
     lambda r: r["ratio"] <= 1.5 and r["eventsd"] <= 100),
    ("connect to subscribed, TLS", "reported", None),
    ("idle subscribed connection, resident", "≤ 1,536 B", lambda r: r["eventsd"] <= 1536),
    ("idle subscribed connection, TLS", "≤ 16 KiB", lambda r: r["eventsd"] <= 16384),
    ("durable publishes", "≥ 0.5 × floor", lambda r: r["ratio"] >= 0.5),
]


def measure(args, name):
    """Runs one step; False when it failed."""
    script, options, runs, quick = STEPS[name]
    path = os.path.join(HERE, script)
    if not os.path.exists(path):
        return True
    into = os.path.join(FOLDER, name + ".json")
    command = [sys.executable, path, "--bin", args.bin, "--json", into + ".new", *options,
               "--runs", str(1 if args.quick else args.runs or runs),
               *(quick if args.quick else [])]
    print(f"== {name}", flush=True)
    start = time.monotonic()
    try:
        # latency.py ends with 1 when a target is missed; what counts is whether it wrote figures.
        subprocess.run(command, timeout=400, check=False)
    except subprocess.TimeoutExpired:
        print(f"report.py: {name} took longer than 400 s", file=sys.stderr)
        return False
    print(f"   {time.monotonic() - start:.0f} s", flush=True)
    if not os.path.exists(into + ".new"):
        return False
    with open(into + ".new", encoding="utf-8") as file:
        found = json.load(file)
    os.remove(into + ".new")
    found["when"] = stamp(args)
    if "busy_cores_before" in found:
        found["when"]["busy"] = found.pop("busy_cores_before")
    with open(into, "w", encoding="utf-8") as file:
        json.dump(found, file, indent=1)
    return True


def stamp(args):
    """Commit and day."""
    commit = subprocess.run(["git", "-C", ROOT, "rev-parse", "--short", "HEAD"], text=True,
                            stdout=subprocess.PIPE, check=False).stdout.strip()
    return {"commit": commit, "day": datetime.date.today().isoformat(), "quick": args.quick or args.runs == 1}


# --- tables --------------------------------------------------------------------------------------


def load(name):
    try:
        with open(os.path.join(FOLDER, name + ".json"), encoding="utf-8") as file:
            return json.load(file)
    except FileNotFoundError:
        return None


def number(value):
    if value != value:  # nan
        return "none"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |", "| " + " | ".join("---" for _ in head) + " |"]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows])


def verdict(met):
    return "yes" if met else "**no**"


def results():
    rows = []
    for name in ("fanout", "tls_fanout", "memory", "tls_memory", "connect", "publish", "history"):
        for row in (load(name) or {"figures": []})["figures"]:
            if row["what"].startswith("durable") and load("durable"):
                continue
            words, check = next(((t, c) for label, t, c in TARGETS
                                 if row["what"].startswith(label)), ("reported", None))
            unit = row["unit"].replace("us", "µs")
            rows.append([row["what"], words, f"{number(row['floor'])} {unit}",
                         f"{number(row['eventsd'])} {unit}", f"{row['ratio']:.2f}",
                         f"{number(min(row['eventsd_runs']))}–{number(max(row['eventsd_runs']))}",
                         verdict(check(row)) if check else ""])
    durable = load("durable")
    if durable:
        middle, rounds = durable["median"], [r["publishes_per_second"] for r in durable["rounds"]]
        rows.append([f"durable publishes, 64 publishers (SQLite, groups of "
                     f"{middle['rows_per_commit']:.0f} as the daemon's)", "≥ 0.5 × floor",
                     f"{number(middle['floor'])} 1/s", f"{number(middle['publishes_per_second'])} 1/s",
                     f"{middle['ratio']:.2f}", f"{number(min(rounds))}–{number(max(rounds))}",
                     verdict(middle["ratio"] >= 0.5)])
    return table(["what", "target", "floor", "eventsd", "ratio", "spread of eventsd", "met"], rows)


def sweeps():
    parts = []
    for name in SWEEPS:
        found = load("sweep_" + name)
        if not found:
            continue
        rows = [[f"{row['value']:,}", number(row["floor"]), number(row["eventsd"]),
                 f"{row['ratio']:.2f}", verdict(row["ratio"] <= 1.3)] for row in found["figures"]]
        label = found["figures"][0]["label"]
        image = f"images/sweep-{name.replace('_', '-')}.svg"
        parts.append(f"### {label[0].upper() + label[1:]}\n\n![{label}]({image})\n\n"
                     + table([label, "floor, µs", "eventsd, µs", "ratio", "≤ 1.3"], rows))
    return "\n\n".join(parts)


def shards():
    found = load("shards")
    if not found:
        return ""
    rows = []
    for row in found["figures"]:
        unit, target = row["unit"].replace("us", "µs"), ""
        if "delivery" in row["what"]:
            target = verdict(row["ratio"] <= 1.15)
        rows.append([row["what"], f"{number(row['one'])} {unit}", f"{number(row['two'])} {unit}",
                     f"{row['ratio']:.2f}", target])
    return table(["what", "one shard", "two shards", "ratio", "≤ 1.15"], rows)


def latency():
    found = load("latency")
    if not found:
        return ""
    rows = []
    for name, runs in found["runs"].items():
        run = sorted(runs, key=lambda r: r["max"])[len(runs) // 2]
        rows.append([name, *(f"{run[key] / 1000:.2f}" for key in ("p50", "p99", "p999", "max")),
                     f"{run['server_cpu_share']:.0%}", verdict(run["over_20_ms"] == 0)])
    return (f"{found['rate']:,} publishes a second to {found['subscribers']} subscribers, ms:\n\n"
            + table(["meanwhile", "p50", "p99", "p99.9", "max", "server's CPU, of a core", "none over 20 ms"], rows))


def auth_connect():
    found = load("auth_connect")
    if not found:
        return ""
    return table(["mode", "connects a second", "CPU each, µs"],
                 [[row["what"], number(row["connections_per_second"]), number(row["cpu_us"])]
                  for row in found["figures"]])


def peers():
    found = load("peers")
    if not found:
        return ""
    columns = [key for key in found["figures"][0] if key not in ("server", "runs")]
    return table(["server", *(column.replace(", us", ", µs") for column in columns)],
                 [[row["server"], *(number(row[column]) for column in columns)]
                  for row in found["figures"]])


def experiment(name):
    found = load(name)
    if not found or not found["figures"]:
        return ""
    rows = found["figures"][0]["rows"]
    return (found["figures"][0]["experiment"].capitalize().replace(" us", " µs").replace("cpu", "CPU")
            + ":\n\n" + table(list(rows[0]), [[v if isinstance(v, str) else f"{v:,}" if isinstance(
                v, int) else number(v) for v in row.values()] for row in rows]))


def machine():
    found = [load(name) for name in STEPS]
    stamps = [f["when"] for f in found if f]
    if not stamps:
        return ""
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        model = re.search(r"model name\s*: (.*)", file.read())
    commits = sorted({s["commit"] for s in stamps})
    text = (f"Measured {max(s['day'] for s in stamps)} at commit {', '.join(commits)}: "
            f"{model.group(1) if model else 'unknown processor'}, {os.cpu_count()} cores, Linux "
            f"{platform.release()}.")
    busy = [s["busy"] for s in stamps if "busy" in s]
    if busy:
        text += (f" How busy other programs kept the cores was recorded before {len(busy)} of "
                 f"{len(stamps)} steps: at most {max(busy):.2f} cores.")
    if any(s["quick"] for s in stamps):
        text += " **Some steps were run once each (--quick or --runs 1): figures for orientation only.**"
    return text


SECTIONS = {"machine": machine, "results": results, "sweeps": sweeps, "shards": shards,
            "latency": latency, "auth_connect": auth_connect, "peers": peers,
            **{name: lambda name=name: experiment(name)
               for name in ("send_paths", "spin", "json", "allocators")}}


def render():
    """Replaces what is between the markers of each section that has figures."""
    with open(DOCUMENT, encoding="utf-8") as file:
        text = file.read()
    for name, make in SECTIONS.items():
        body = make()
        begin, end = f"<!-- measured: {name} -->", f"<!-- end of {name} -->"
        if not body:
            continue
        if begin not in text or end not in text:
            raise SystemExit(f"report.py: {DOCUMENT} has no markers {begin} … {end}")
        head, rest = text.split(begin, 1)
        text = head + begin + "\n" + body + "\n" + end + rest.split(end, 1)[1]
    with open(DOCUMENT, "w", encoding="utf-8") as file:
        file.write(text)
    rows = [row for name in SWEEPS for row in (load("sweep_" + name) or {"figures": []})["figures"]]
    if rows:
        sys.path.insert(0, HERE)
        import sweep
        os.makedirs(IMAGES, exist_ok=True)
        try:
            sweep.plot(rows, IMAGES)
        except ImportError:
            print(f"report.py: no plots: {sys.executable} has no matplotlib (scripts/setup bench gives "
                  "it to /usr/bin/python3)", file=sys.stderr)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", help="the eventsd binary (release build)")
    parser.add_argument("--only", default=",".join(STEPS), help="default: %(default)s")
    parser.add_argument("--runs", type=int, help="of each side; default: by step")
    parser.add_argument("--quick", action="store_true")
    parser.add_argument("--render", action="store_true", help="measure nothing")
    args = parser.parse_args()
    names = [] if args.render else args.only.split(",")
    if set(names) - set(STEPS):
        parser.error("no such step: " + ", ".join(sorted(set(names) - set(STEPS))))
    if names and not args.bin:
        parser.error("--bin is missing")
    os.makedirs(FOLDER, exist_ok=True)
    start = time.monotonic()
    failed = [name for name in names if not measure(args, name)]
    render()
    print(f"{(time.monotonic() - start) / 60:.1f} min; written: {os.path.relpath(DOCUMENT)}"
          + (f"; failed: {', '.join(failed)}" if failed else ""))
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
