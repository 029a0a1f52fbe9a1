#!/usr/bin/python3
"""What being looked at costs: a scrape of /metrics with many open connections, and an open console.

  scrape    --connections subscribed connections on as many channels; each answer of 500 scrapes one
            after the other over one HTTP connection, and the CPU of the whole process for each; the
            same of 100 questions of the console's live view, for rows that are sorted by use
  console   CPU per delivery while nobody looks, while a page shows Live (a question every 2 s), and
            while it shows the frames of a subscriber, too (a question every second): A-B-C-A-B-C

The server has one event loop and, with its admin listener, the first core; the client has the last.

  bench/admin.py --bin build/release/src/eventsd [--only scrape,console] [--connections 10000]
                 [--runs 7] [--json FILE]
"""
import contextlib
import http.client
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
import urllib.parse

import measure
from daemon import Eventsd, ServerFailed, pinned
from measure import median


class Admin:
    """The admin port, asked over one connection as Prometheus and browsers do."""

    def __init__(self, server):
        address = urllib.parse.urlsplit(server.admin_url)
        self.connection = http.client.HTTPConnection(address.hostname, address.port, timeout=10)
        with open(server.data_dir + "/admin-token", encoding="utf-8") as file:
            self.headers = {"authorization": "Bearer " + file.read().strip()}

    def get(self, path):
        self.connection.request("GET", path, headers=self.headers)
        answer = self.connection.getresponse()
        body = answer.read()
        if answer.status != 200:
            raise ServerFailed(f"{path}: {answer.status} {body[:200]}")
        return body

    def metric(self, name):
        for line in self.get("/metrics").decode().splitlines():
            if line.startswith(name + " "):
                return float(line.split()[1])
        raise ServerFailed(f"no {name} in /metrics")


def cpu_seconds(pid):
    """What all threads have used, in the scheduler's own nanoseconds: clock ticks are too coarse."""
    total = 0
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/schedstat", encoding="utf-8") as file:
            total += int(file.read().split()[0])
    return total / 1e9


class Look:
    def __init__(self, args):
        self.args = args
        self.bench = measure.Bench(args)

    # --- scrape --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def held(self, server, admin, connections):
        """`connections` that stay, each with one subscription on a channel of its own."""
        command = [self.args.bin, "bench", "idle", "--connections", connections, "--channels",
                   connections, "--hold", "10m", "--url", server.url, "--api-key", server.api_key,
                   "--pid", server.pid, "--json"]
        process = subprocess.Popen(pinned([str(c) for c in command], self.bench.client_core),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
        try:
            end = time.monotonic() + 120
            while admin.metric("eventsd_subscriptions_active") < connections:
                if process.poll() is not None or time.monotonic() > end:
                    raise ServerFailed("the connections do not come: "
                                       + process.stderr.read().decode(errors="replace"))
                time.sleep(0.1)
            time.sleep(1)
            yield
        finally:
            process.terminate()
            process.wait(30)
            process.stderr.close()

    def asked(self, server, admin, path, times):
        latencies, before = [], cpu_seconds(server.pid)
        for _ in range(times):
            start = time.perf_counter()
            body = admin.get(path)
            latencies.append((time.perf_counter() - start) * 1000)
        cpu = (cpu_seconds(server.pid) - before) / times * 1000
        latencies.sort()
        row = {"path": path, "times": times, "bytes": len(body), "median_ms": median(latencies),
               "p99_ms": latencies[int(times * 0.99)], "max_ms": latencies[-1], "cpu_ms": cpu}
        print(f"    {path:<34} {row['median_ms']:>7.2f} {row['p99_ms']:>7.2f} {row['max_ms']:>7.2f}"
              f" {cpu:>7.2f} {len(body):>8}")
        return row

    def scrape(self):
        print(f"scrape: ms of an answer, ms of the process's CPU, bytes\n"
              f"    {'':<34} {'median':>7} {'p99':>7} {'max':>7} {'CPU':>7} {'bytes':>8}")
        times = 20 if self.args.smoke else 500
        for connections in (0, self.args.connections):
            with tempfile.TemporaryDirectory(prefix="eventsd-bench-", dir=self.args.work) as work, \
                 self.bench.eventsd(work) as server:
                admin = Admin(server)
                holding = self.held(server, admin, connections) if connections else \
                    contextlib.nullcontext()
                with holding:
                    print(f"  {connections} connections")
                    rows = [self.asked(server, admin, "/metrics", times),
                            self.asked(server, admin, "/console/api/live?order=fullest",
                                       max(times // 5, 5))]
                for row in rows:
                    self.bench.rows.append({"what": "scrape", "connections": connections, **row})

    # --- console -------------------------------------------------------------------------------

    @contextlib.contextmanager
    def looking(self, server, frames):
        """Asks what the page asks while it shows Live, and with `frames` those of a subscriber."""
        stop, failures, frames_seen = threading.Event(), [], []

        def look():
            admin, turn, watched, after = Admin(server), 0, None, ""
            try:
                while not stop.wait(1 if turn else 0.3):
                    turn += 1
                    if turn % 2 == 1:
                        view = json.loads(admin.get("/console/api/live?order=fullest"))
                        rows = [r for r in view["connections"] if r["subscriptions"]]
                        if rows and not watched:
                            watched = rows[0]["requestId"]
                    if frames and watched:
                        answer = json.loads(admin.get(
                            f"/console/api/frames?connection={watched}&after={after}"))
                        seen = answer.get("frames") or []
                        if seen:
                            after = seen[-1]["number"]
                            frames_seen.append(len(seen))
            except (ServerFailed, OSError, KeyError, ValueError) as error:
                failures.append(repr(error))

        thread = threading.Thread(target=look)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()
        if failures:
            raise ServerFailed("the console: " + failures[0])
        if frames and not frames_seen and not self.args.smoke:
            raise ServerFailed("the console saw no frame")

    def console(self):
        size = ["--subscribers", 20, "--publishes", 200] if self.args.smoke else \
            ["--subscribers", 1000, "--publishes", 20000]

        def run(look):
            def once(work):
                with self.bench.eventsd(work) as server:
                    with look(server):
                        return self.bench.load(server, "fanout", "--in-flight", 16, *size)
            return once

        sides = {"closed": run(lambda server: contextlib.nullcontext()),
                 "live": run(lambda server: self.looking(server, frames=False)),
                 "live and frames": run(lambda server: self.looking(server, frames=True))}
        figures = self.bench.interleave(sides)
        print("console: CPU per delivery, ns (1,000 subscribers, 16 publishes in flight)")
        cost = {name: [run["server_cpu_us_per_delivery"] * 1000 for run in runs]
                for name, runs in figures.items()}
        for name, runs in cost.items():
            ratios = [mine / floor for mine, floor in zip(runs, cost["closed"])]
            print(f"    {name:<16} {median(runs):>8.1f}   {median(ratios):.3f} of closed "
                  f"({min(ratios):.3f} to {max(ratios):.3f})")
            self.bench.rows.append({"what": "console", "side": name, "runs": figures[name]})

    def body(self):
        for name in self.args.only.split(","):
            {"scrape": self.scrape, "console": self.console}[name]()


def main():
    def extra(parser):
        parser.add_argument("--only", default="scrape,console", help="default: %(default)s")
        parser.add_argument("--connections", type=int, help="default 10000, smoke 50")
    args = measure.arguments(__doc__, programs=("load",), extra=extra)
    args.connections = args.connections or (50 if args.smoke else 10000)
    look = Look(args)
    return measure.main(look.bench, look.body)


if __name__ == "__main__":
    sys.exit(main())
