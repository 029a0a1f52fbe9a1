"""What the measuring scripts share: pinned cores, one run of the load client, interleaved medians."""
import argparse
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time

from daemon import Eventsd, Floor, ServerFailed, make_certificate, pinned

PROGRAMS = {"floor": "eventsd_floor", "tls_floor": "eventsd_tls_floor", "load": "eventsd_load",
            "sqlite_floor": "eventsd_sqlite_floor", "peer_load": "eventsd_peer_load"}


class Bench:
    """Runs on a server core and a client core. `rows` collects what was measured."""

    def __init__(self, args):
        self.args = args
        cores = sorted(os.sched_getaffinity(0))
        self.server_core, self.client_core = cores[0], cores[-1]
        self.rows = []
        self.busy = busy_cores()

    def run(self, server, command, pin=True):
        """One run of a client program that prints JSON. A wrong delivery raises."""
        done = subprocess.run(pinned([str(o) for o in command], self.client_core if pin else None),
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=600,
                              check=False)
        if done.returncode != 0:
            raise ServerFailed(f"{server.name}: {' '.join(map(str, command[1:]))}: "
                               + done.stderr.decode(errors="replace")
                               + (server.output() if server.name != "floor" else ""))
        return json.loads(done.stdout)

    def load(self, server, scenario, *options, pin=True):
        """One run of the load client; its report."""
        return self.run(server, [self.args.load, scenario, "--url", server.url, "--api-key",
                                 server.api_key, "--pid", server.pid, "--json", *options], pin)

    def floor(self, work, tls=False):
        if tls:
            return Floor(self.args.tls_floor, self.server_core, make_certificate(work))
        return Floor(self.args.floor, self.server_core)

    def eventsd(self, work, tls=False, threads=1, core="server", env=None):
        return Eventsd(self.args.bin, tempfile.mkdtemp(dir=work), threads=threads,
                       core=self.server_core if core == "server" else core,
                       certificate=make_certificate(work) if tls else None, env=env)

    def interleave(self, sides, runs=None):
        """sides: {name: callable(work folder) -> figure}; each called in turn, A-B-A-B.
        Returns {name: [figures]}."""
        figures = {name: [] for name in sides}
        for _ in range(runs or self.args.runs):
            for name, run in sides.items():
                work = tempfile.mkdtemp(prefix="eventsd-bench-", dir=self.args.work)
                try:
                    figures[name].append(run(work))
                finally:
                    shutil.rmtree(work, ignore_errors=True)
        return figures

    def write_json(self, **more):
        if self.args.json:
            with open(self.args.json, "w", encoding="utf-8") as file:
                json.dump({"busy_cores_before": self.busy, "runs": self.args.runs,
                           "figures": self.rows, **more}, file, indent=1)


def busy_cores(seconds=0.5):
    """How many cores other programs keep busy right now. (The load average remembers a minute.)"""
    def ticks():
        with open("/proc/stat", encoding="utf-8") as file:
            fields = [int(field) for field in file.readline().split()[1:9]]
        return sum(fields) - fields[3] - fields[4]  # without idle and iowait
    before = ticks()
    time.sleep(seconds)
    return (ticks() - before) / os.sysconf("SC_CLK_TCK") / seconds


def median(figures):
    return statistics.median(figures)


def arguments(description, runs=7, programs=(), extra=None, parse=None):
    """The options every script has; `extra(parser)` adds its own."""
    parser = argparse.ArgumentParser(description=description,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the eventsd binary (release build)")
    for name in programs:
        parser.add_argument("--" + name.replace("_", "-"), dest=name,
                            help=f"default: {PROGRAMS[name]} of the same build folder")
    parser.add_argument("--runs", type=int, help=f"of each side; default {runs}, smoke 1")
    parser.add_argument("--work", help="folder for data directories; default: the temporary folder")
    parser.add_argument("--smoke", action="store_true",
                        help="tiny sizes; fails on lost, doubled or reordered events, not on times")
    parser.add_argument("--json", help="file for the figures of every run")
    if extra:
        extra(parser)
    args = parser.parse_args(parse)
    build = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(args.bin))), "bench")
    for name in programs:
        setattr(args, name, getattr(args, name) or os.path.join(build, PROGRAMS[name]))
    args.runs = args.runs or (1 if args.smoke else runs)
    return args


def main(bench, body):
    """Says how quiet the machine is, runs body() and reports failures; the exit status."""
    print(f"median of {bench.args.runs}, interleaved; server on core {bench.server_core}, client on "
          f"core {bench.client_core}; others keep {bench.busy:.2f} cores busy")
    if bench.busy > 0.2 and not bench.args.smoke:
        print("  the machine is not quiet: these figures do not count", file=sys.stderr)
    try:
        body()
    except (ServerFailed, subprocess.SubprocessError, OSError) as error:
        print(f"{os.path.basename(sys.argv[0])}: {error}", file=sys.stderr)
        return 1
    bench.write_json()
    return 0
