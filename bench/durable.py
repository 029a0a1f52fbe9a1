#!/usr/bin/python3
"""Durable history publishes beside a plain SQLite program that commits in groups as large.

How large the daemon's groups are is its own answer to the load (eventsd_store_commit_rows); so each
round runs eventsd first, reads the mean group from /metrics, and gives that to the floor.

  bench/durable.py --bin build/release/src/eventsd [--runs 7] [--publishers 64] [--cores 0]
                   [--work FOLDER] [--channels N] [--json FILE]

--cores are the server's, of its event loop and its storage thread together; the client has the last
core. With "--cores 0,1" of two the client shares one. --work chooses the disk: /dev/shm is one on
which a sync costs nothing, so that only CPU is compared.
"""
import argparse
import json
import os
import re
import shutil
import statistics
import subprocess
import sys
import tempfile
import urllib.request

from daemon import Eventsd, ServerFailed, pinned


def commits(server):
    """Transactions and rows so far."""
    with urllib.request.urlopen(server.admin_url + "/metrics", timeout=10) as answer:
        page = answer.read().decode()
    return tuple(int(re.search(rf"^eventsd_store_commit_rows_{what} (\d+)$", page, re.M).group(1))
                 for what in ("count", "sum"))


def run_eventsd(args, work):
    with Eventsd(args.bin, work, threads=1, core=args.cores) as server:
        command = [args.load, "publish", "--url", server.url, "--api-key", server.api_key, "--pid",
                   str(server.pid), "--channel", "/kept/bench", "--channels", str(args.channels),
                   "--publishers", str(args.publishers), "--in-flight", str(args.in_flight),
                   "--subscribers", "0", "--publishes", str(args.publishes), "--json"]
        before = commits(server)
        done = subprocess.run(pinned(command, args.client_core), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=300, check=False)
        if done.returncode != 0:
            raise ServerFailed(done.stderr.decode(errors="replace") + server.output())
        after = commits(server)
    report = json.loads(done.stdout)
    report["rows_per_commit"] = (after[1] - before[1]) / (after[0] - before[0])
    return report


def run_floor(args, work, group):
    done = subprocess.run(
        pinned([args.sqlite_floor, work, "--rows", str(args.publishes), "--group", str(group),
                "--event-size", "100"], args.cores.split(",")[0]),
        stdout=subprocess.PIPE, timeout=300, check=True)
    return json.loads(done.stdout)["rows_per_second"]


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the eventsd binary (release build)")
    parser.add_argument("--bench", help="folder of eventsd_load; default: of the same build")
    parser.add_argument("--runs", type=int, default=7)
    parser.add_argument("--publishers", type=int, default=64)
    parser.add_argument("--in-flight", type=int, default=1, help="per publisher")
    parser.add_argument("--channels", type=int, default=1)
    parser.add_argument("--publishes", type=int, default=60000)
    parser.add_argument("--cores", default="0")
    parser.add_argument("--client-core", default=str(max(os.sched_getaffinity(0))))
    parser.add_argument("--work", help="folder for data directories")
    parser.add_argument("--json", help="file for the figures of every run")
    args = parser.parse_args()
    built = args.bench or os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(args.bin))),
                                       "bench")
    args.load = os.path.join(built, "eventsd_load")
    args.sqlite_floor = os.path.join(built, "eventsd_sqlite_floor")

    rounds = []
    for _ in range(args.runs):
        work = tempfile.mkdtemp(prefix="eventsd-bench-", dir=args.work)
        try:
            ours = run_eventsd(args, os.path.join(work, "eventsd"))
            group = max(1, round(ours["rows_per_commit"]))
            floor = run_floor(args, work, group)
        except ServerFailed as error:
            print(f"durable.py: {error}", file=sys.stderr)
            return 1
        finally:
            shutil.rmtree(work, ignore_errors=True)
        rounds.append({**ours, "group": group, "floor": floor,
                       "ratio": ours["publishes_per_second"] / floor})
        print(f"  eventsd {ours['publishes_per_second']:>9.0f}/s  "
              f"{ours['server_cpu_us_per_publish']:.2f} us CPU, "
              f"{ours['rows_per_commit']:.1f} rows a commit, p50 {ours['acknowledged_p50']:.0f} us, "
              f"p99 {ours['acknowledged_p99']:.0f} us   floor {floor:>9.0f}/s   "
              f"{rounds[-1]['ratio']:.2f} x", flush=True)
    middle = {key: statistics.median(row[key] for row in rounds)
              for key in ("publishes_per_second", "rows_per_commit", "floor", "ratio")}
    print(f"median: eventsd {middle['publishes_per_second']:.0f}/s, floor {middle['floor']:.0f}/s in "
          f"groups of {middle['rows_per_commit']:.0f}: {middle['ratio']:.2f} x")
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"options": vars(args), "median": middle, "rounds": rounds}, file, indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
