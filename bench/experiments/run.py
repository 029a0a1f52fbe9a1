#!/usr/bin/python3
"""The experiments of docs/PERFORMANCE.md: programs of their own, and eventsd on other allocators.

  bench/experiments/run.py --bin build/release/src/eventsd [--only send_paths,spin,json,allocators]

What is not built or not installed (scripts/setup bench) is left out, and said so.
"""
import glob
import json
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import measure  # noqa: E402
from measure import median  # noqa: E402

ALL = ["send_paths", "spin", "json", "allocators"]
ALLOCATORS = {"glibc": None, "jemalloc": "libjemalloc.so.2", "mimalloc": "libmimalloc.so.2"}
COLUMNS = ["fan-out 128, us", "connect, us", "HTTP/s", "B/connection", "after all left, MB"]


class Experiments(measure.Bench):
    def program(self, name, *options):
        path = os.path.join(os.path.dirname(self.args.load), "experiments", name)
        if not os.path.exists(path):
            print(f"  {name} is not built (scripts/setup bench): left out")
            return None
        done = subprocess.run([path, *options], stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=150, check=False)
        if done.returncode != 0:
            raise measure.ServerFailed(f"{name}: {done.stderr}")
        return json.loads(done.stdout)

    def show(self, title, rows):
        if rows is None:
            return
        self.rows.append({"experiment": title, "rows": rows})
        print(f"  {title}")
        print("    " + "".join(f"{key:>20}" for key in rows[0]))
        for row in rows:
            print("    " + "".join(f"{value:>20}" if isinstance(value, (str, int)) else
                                   f"{value:>20.3f}" for value in row.values()), flush=True)

    def send_paths(self):
        small = ["--connections", "20", "--bytes", "2000000"] if self.args.smoke else []
        self.show("CPU of the sender per event and connection, us",
                  self.program("eventsd_send_paths", "--json", *small))

    def spin(self):
        requests = "50" if self.args.smoke else "3000"
        self.show("echo, latency and server CPU per request",
                  self.program("eventsd_spin", "--json", "--requests", requests))

    def json(self):
        report = self.program("eventsd_json_benchmark", "--benchmark_format=json",
                              "--benchmark_min_time=" + ("0.001" if self.args.smoke else "0.1"))
        if report is None:
            return
        table = {}
        for result in report["benchmarks"]:
            parser, size = result["name"].split("/")
            table.setdefault(size, {"event bytes": int(size)})[parser] = result["cpu_time"] / 1e3
        self.show("reading a publish frame, us", list(table.values()))

    def allocators(self):
        smoke, sides = self.args.smoke, {}
        for name, library in ALLOCATORS.items():
            found = glob.glob(f"/usr/lib/*/{library}") if library else []
            if library and not found:
                print(f"  {library} is not installed (scripts/setup bench): left out")
                continue
            sides[name] = lambda work, env={"LD_PRELOAD": found[0]} if library else {}: [
                *self.with_allocator(work, env, smoke)]
        rows = []
        for name, runs in self.interleave(sides).items():
            rows.append({"allocator": name,
                         **dict(zip(COLUMNS, (median(column) for column in zip(*runs))))})
        self.show("allocators under the release binary", rows)

    def with_allocator(self, work, env, smoke):
        with self.eventsd(work, env=env) as server:
            yield self.load(server, "fanout", "--in-flight", 128, "--subscribers",
                            20 if smoke else 1000, "--publishes",
                            200 if smoke else 10000)["server_cpu_us_per_delivery"]
        with self.eventsd(work, env=env) as server:
            yield self.load(server, "connect", "--connections",
                            50 if smoke else 5000)["server_cpu_us_per_connection"]
        with self.eventsd(work, env=env) as server:
            yield self.load(server, "publish", "--http", "--publishers", 4 if smoke else 32,
                            "--publishes", 200 if smoke else 40000)["publishes_per_second"]
        with self.eventsd(work, env=env) as server:
            low, high = (20, 60) if smoke else (2000, 10000)
            report = self.load(server, "idle", "--connections", low, "--connections-high", high)
            yield report["bytes_per_connection"]
            yield report["resident_after_all_left"] / 1e6


def main():
    def extra(parser):
        parser.add_argument("--only", default=",".join(ALL), help="default: %(default)s")

    args = measure.arguments(__doc__, 3, ("load",), extra)
    unknown = set(args.only.split(",")) - set(ALL)
    if unknown:
        print("run.py: no such experiment: " + ", ".join(sorted(unknown)), file=sys.stderr)
        return 2
    bench = Experiments(args)

    def body():
        for name in args.only.split(","):
            getattr(bench, name)()
    return measure.main(bench, body)


if __name__ == "__main__":
    sys.exit(main())
