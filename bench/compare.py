#!/usr/bin/python3
"""Measures eventsd beside the floor: interleaved runs, medians, ratios.

The server is pinned to one core and the load client to another. Every run has a fresh server. Figures
count only on a quiet machine; the load average is printed with them.

  bench/compare.py --bin build/release/src/eventsd [--runs 7] [--only fanout,memory,…] [--json FILE]
  bench/compare.py --smoke …   tiny sizes; fails on lost, doubled or reordered events, never on times
"""
import json
import shutil
import subprocess
import sys

import measure
from daemon import pinned
from measure import median
from peers.nginx import NginxReturn

SCENARIOS = ["fanout", "tls_fanout", "publish", "http", "nginx", "connect", "tls_connect", "memory",
             "tls_memory", "history"]


class Compare(measure.Bench):
    def runs(self, label, run_a, run_b, figure, unit, better):
        """run_a, run_b: callables taking a work folder, giving a figure; interleaved A-B-A-B."""
        figures = self.interleave({"floor": run_a, "eventsd": run_b})
        floor, ours = figures["floor"], figures["eventsd"]
        row = {"what": label, "figure": figure, "unit": unit, "better": better,
               "floor": median(floor), "eventsd": median(ours),
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
            if self.args.quick:
                publishes //= 3
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

    def nginx(self):
        """The floor is nginx, which answers every POST with as many bytes and keeps nothing."""
        if shutil.which("nginx", path="/usr/sbin:/usr/bin") is None:
            print("  nginx is not installed (scripts/setup bench): row left out")
            return
        options = ["--http", "--publishers", 4 if self.args.smoke else 32,
                   "--publishes", 400 if self.args.smoke else 60000]

        def once(make, subscribers):
            def run(work):
                with make(work) as server:
                    return self.load(server, "publish", *options, "--subscribers",
                                     subscribers)["publishes_per_second"]
            return run
        self.runs("HTTP publish (the floor: nginx `return 200`)",
                  once(lambda work: NginxReturn(work, self.server_core), 0),
                  once(self.eventsd, 1), "publishes_per_second", "1/s", "higher")

    def connect(self, tls=False):
        count = 100 if self.args.smoke else 4000 if tls else 10000
        self.pair(f"connect to subscribed{', TLS' if tls else ''}, CPU (floor: upgrade)",
                  "server_cpu_us_per_connection", "us", "lower", "connect",
                  "--connections", count, floor_options=("--upgrade-only",), tls=tls)
        if not tls:
            self.pair("connect to subscribed, CPU (floor: the same, unchecked)",
                      "server_cpu_us_per_connection", "us", "lower", "connect",
                      "--connections", count)

    def tls_connect(self):
        self.connect(tls=True)

    def memory(self, tls=False):
        low, high = (20, 60) if self.args.smoke else (1000, 4000) if self.args.quick else (2000,
                                                                                          18000)
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


def main():
    def extra(parser):
        parser.add_argument("--only", default=",".join(SCENARIOS), help="default: %(default)s")
        parser.add_argument("--quick", action="store_true", help="fewer idle connections")
        parser.add_argument("--group", type=int, help="rows per commit of the SQLite floor; default: "
                            "as many as publishers wait, the most that eventsd can commit at once")

    args = measure.arguments(__doc__, 7, ("floor", "tls_floor", "load", "sqlite_floor"), extra)
    unknown = set(args.only.split(",")) - set(SCENARIOS)
    if unknown:
        print("compare.py: no such scenario: " + ", ".join(sorted(unknown)), file=sys.stderr)
        return 2
    bench = Compare(args)

    def body():
        print(f"  {'':<52} {'floor':>12} {'eventsd':>12} {'':<6} {'ratio':>9}")
        for name in args.only.split(","):
            getattr(bench, name)()
    return measure.main(bench, body)


if __name__ == "__main__":
    sys.exit(main())
