#!/usr/bin/python3
"""Measures eventsd beside the floor: interleaved runs, medians, ratios.

The server is pinned to one core and the load client to another. Every run has a fresh server. Figures
count only on a quiet machine; the load average is printed with them.

  bench/compare.py --bin build/release/src/eventsd [--runs 7] [--only fanout,memory,…] [--json FILE]
  bench/compare.py --smoke …   tiny sizes; fails on lost, doubled or reordered events, never on times
"""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile

from daemon import Eventsd, Floor, ServerFailed, make_certificate, pinned

SCENARIOS = ["fanout", "tls_fanout", "publish", "http", "connect", "tls_connect", "memory",
             "tls_memory", "history"]


class Bench:
    def __init__(self, args):
        self.args = args
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.client_core = cores[0], cores[-1]
        self.rows = []

    def load(self, server, scenario, *options):
        """One run of the load client; its report. A wrong delivery ends the program."""
        command = [self.args.load, scenario, "--url", server.url, "--api-key", server.api_key,
                   "--pid", str(server.pid), "--json", *[str(o) for o in options]]
        done = subprocess.run(pinned(command, self.client_core), stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=600, check=False)
        if done.returncode != 0:
            raise ServerFailed(f"{server.name}, {scenario} {options}: "
                               + done.stderr.decode(errors="replace")
                               + (server.output() if server.name == "eventsd" else ""))
        return json.loads(done.stdout)

    def floor(self, work, tls=False):
        if tls:
            return Floor(self.args.tls_floor, self.server_core, make_certificate(work))
        return Floor(self.args.floor, self.server_core)

    def eventsd(self, work, tls=False):
        return Eventsd(self.args.bin, tempfile.mkdtemp(dir=work), threads=1, core=self.server_core,
                       certificate=make_certificate(work) if tls else None)

    def runs(self, label, run_a, run_b, figure, unit, better):
        """run_a, run_b: callables taking a work folder, giving a figure; interleaved A-B-A-B."""
        floor, ours = [], []
        for _ in range(self.args.runs):
            for run, into in ((run_a, floor), (run_b, ours)):
                work = tempfile.mkdtemp(prefix="eventsd-bench-", dir=self.args.work)
                try:
                    into.append(run(work))
                finally:
                    shutil.rmtree(work, ignore_errors=True)
        row = {"what": label, "figure": figure, "unit": unit, "better": better,
               "floor": statistics.median(floor), "eventsd": statistics.median(ours),
               "floor_runs": floor, "eventsd_runs": ours}
        row["ratio"] = row["eventsd"] / row["floor"] if row["floor"] else float("inf")
        self.rows.append(row)
        print(f"  {label:<52} {row['floor']:>12.3f} {row['eventsd']:>12.3f} {unit:<6} "
              f"{row['ratio']:>7.2f} x   floor {min(floor):.3f}-{max(floor):.3f}, "
              f"eventsd {min(ours):.3f}-{max(ours):.3f}", flush=True)

    def pair(self, label, figure, unit, better, scenario, *options, floor_options=(), tls=False):
        def run(make, more):
            def once(work):
                with make(work, tls) as server:
                    return self.load(server, scenario, *options, *more)[figure]
            return once
        self.runs(label, run(self.floor, floor_options), run(self.eventsd, ()), figure, unit,
                  better)

    def fanout(self, tls=False):
        smoke = self.args.smoke
        for in_flight in (1, 16, 128):
            publishes = {1: 2000, 16: 6000, 128: 20000}[in_flight]
            self.pair(f"fan-out{' over TLS' if tls else ''}, CPU per delivery, {in_flight} in flight",
                      "server_cpu_us_per_delivery", "us", "lower", "fanout",
                      "--in-flight", in_flight, "--subscribers", 20 if smoke else 1000,
                      "--publishes", 200 if smoke else publishes, "--event-size", 100, tls=tls)

    def tls_fanout(self):
        self.fanout(tls=True)

    def publish(self):
        self.pair("WebSocket publish ingest, 1 subscriber", "publishes_per_second", "1/s", "higher",
                  "publish", "--in-flight", 256, "--publishes", 2000 if self.args.smoke else 300000)

    def http(self):
        self.pair("HTTP publish, keep-alive, 1 subscriber", "publishes_per_second", "1/s", "higher",
                  "publish", "--http", "--publishers", 4 if self.args.smoke else 32,
                  "--publishes", 400 if self.args.smoke else 60000)

    def connect(self, tls=False):
        count = 100 if self.args.smoke else 4000 if tls else 10000
        self.pair(f"connect to subscribed{', TLS' if tls else ''}, CPU (floor: upgrade)",
                  "server_cpu_us_per_connection", "us", "lower", "connect",
                  "--connections", count, floor_options=("--upgrade-only",), tls=tls)

    def tls_connect(self):
        self.connect(tls=True)

    def memory(self, tls=False):
        low, high = (20, 60) if self.args.smoke else (2000, 18000)
        self.pair(f"idle subscribed connection{', TLS' if tls else ''}, resident",
                  "bytes_per_connection", "B", "lower", "idle", "--connections", low,
                  "--connections-high", high, tls=tls)

    def tls_memory(self):
        self.memory(tls=True)

    def history(self):
        publishers, publishes = (4, 200) if self.args.smoke else (64, 30000)

        def sqlite(work):
            done = subprocess.run(
                pinned([self.args.sqlite_floor, work, "--rows", str(publishes), "--group",
                        str(self.args.group or publishers), "--event-size", "100"],
                       self.server_core),
                stdout=subprocess.PIPE, timeout=600, check=True)
            return json.loads(done.stdout)["rows_per_second"]

        def ours(work):
            with self.eventsd(work) as server:
                return self.load(server, "publish", "--channel", "/kept/bench", "--publishers",
                                 publishers, "--subscribers", 0, "--publishes",
                                 publishes)["publishes_per_second"]

        self.runs(f"durable publishes, {publishers} publishers (SQLite)", sqlite, ours,
                  "publishes_per_second", "1/s", "higher")


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the eventsd binary (release build)")
    for name in ("floor", "tls-floor", "load", "sqlite-floor"):
        parser.add_argument("--" + name, help=f"default: eventsd_{name.replace('-', '_')} of the "
                                              "same build folder")
    parser.add_argument("--runs", type=int, help="of each side; default 7, smoke 1")
    parser.add_argument("--only", default=",".join(SCENARIOS), help="default: %(default)s")
    parser.add_argument("--group", type=int, help="rows per commit of the SQLite floor; default: as "
                        "many as publishers wait, the most that eventsd can commit at once")
    parser.add_argument("--work", help="folder for data directories; default: the temporary folder")
    parser.add_argument("--smoke", action="store_true")
    parser.add_argument("--json", help="file for the figures of every run")
    args = parser.parse_args()
    build = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(args.bin))), "bench")
    args.floor = args.floor or os.path.join(build, "eventsd_floor")
    args.tls_floor = args.tls_floor or os.path.join(build, "eventsd_tls_floor")
    args.load = args.load or os.path.join(build, "eventsd_load")
    args.sqlite_floor = args.sqlite_floor or os.path.join(build, "eventsd_sqlite_floor")
    args.runs = args.runs or (1 if args.smoke else 7)
    unknown = set(args.only.split(",")) - set(SCENARIOS)
    if unknown:
        parser.error("no such scenario: " + ", ".join(sorted(unknown)))
    return args


def main():
    args = parse_arguments()
    bench = Bench(args)
    load = os.getloadavg()
    print(f"median of {args.runs}, interleaved; server on core {bench.server_core}, client on core "
          f"{bench.client_core}; load average {load[0]:.2f}")
    if load[0] > 0.5 and not args.smoke:
        print("  the machine is not quiet: these figures do not count", file=sys.stderr)
    print(f"  {'':<52} {'floor':>12} {'eventsd':>12} {'':<6} {'ratio':>9}")
    try:
        for name in args.only.split(","):
            getattr(bench, name)()
    except (ServerFailed, subprocess.SubprocessError, OSError) as error:
        print(f"compare.py: {error}", file=sys.stderr)
        return 1
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"load_average": load, "runs": args.runs, "figures": bench.rows}, file,
                      indent=1)
    return 0


if __name__ == "__main__":
    sys.exit(main())
