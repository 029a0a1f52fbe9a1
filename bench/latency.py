#!/usr/bin/python3
"""Publish-to-deliver latency while something else happens to the server.

One publisher at a steady rate, --subscribers subscribers, everything on one event loop; meanwhile
one disturbance at a time. A latency counts from the moment the publish was due. The server is pinned
to the first core, the measuring client to the last; where the user may (CAP_SYS_NICE), both go before
other programs: what is left is what the server does to itself.

  bench/latency.py --bin build/release/src/eventsd [--only history,reload,…] [--seconds 5]
                   [--rate 2000] [--subscribers 100] [--runs 1] [--json FILE]

It ends with 1 when a delivery took longer than 20 ms in the median run of a disturbance.
"""
import argparse
import contextlib
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import threading
import time
import urllib.request

from daemon import HISTORY, Eventsd, ServerFailed, pinned

CORES = sorted(os.sched_getaffinity(0))
NAMESPACES = 500  # in the configuration that is reloaded


def repeat(stop, action, every):
    while not stop.wait(every):
        action()


@contextlib.contextmanager
def in_background(action, every):
    """Does `action` again and again, with `every` seconds between."""
    stop = threading.Event()
    thread = threading.Thread(target=repeat, args=(stop, action, every), daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join()


def load(args, server, scenario, *options):
    command = [args.load, scenario, "--url", server.url, "--api-key", server.api_key, "--json",
               *[str(option) for option in options]]
    done = subprocess.run(["nice", "-n", "10", *pinned(command, CORES[-1])], check=False,
                          stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)
    if done.returncode != 0:
        print("  disturbance: " + done.stderr.decode(errors="replace").strip(), file=sys.stderr)


def nothing(_args, _server):
    return contextlib.nullcontext()


def history(args, server):
    """16 publishers to a namespace that keeps everything, and retention in one that keeps little."""
    def publish():
        for channel in ("/kept/busy", "/short/busy"):
            load(args, server, "publish", "--channel", channel, "--publishers", 16,
                 "--subscribers", 0, "--publishes", 4000, "--event-size", 200)
    return in_background(publish, 0)


def reload(_args, server):
    return in_background(lambda: server.process.send_signal(signal.SIGHUP), 0.25)


def arrivals(args, server):
    """--clients connect, subscribe and all leave at once when the program that holds them ends."""
    return in_background(lambda: load(args, server, "idle", "--pid", server.pid, "--connections", 10,
                                      "--connections-high", args.clients), 0.1)


def scrape(_args, server):
    def get():
        with urllib.request.urlopen(server.admin_url + "/metrics", timeout=5) as answer:
            answer.read()
    return in_background(get, 0.02)


DISTURBANCES = {"nothing": nothing, "history": history, "reload": reload, "arrivals": arrivals,
                "scrape": scrape}


def measure(args, disturbance):
    with tempfile.TemporaryDirectory(prefix="eventsd-latency-", dir=args.work) as work:
        namespaces = {"default": None, "kept": HISTORY,
                      "short": "{ maxAge: 7d, maxEventsPerChannel: 500, maxBytes: 1MiB }"}
        namespaces.update({f"n{i}": None for i in range(NAMESPACES)})
        with Eventsd(args.bin, work, threads=1, core=CORES[0], namespaces=namespaces) as server:
            command = [args.latency, "--url", server.url, "--api-key", server.api_key, "--rate",
                       str(args.rate), "--subscribers", str(args.subscribers), "--seconds",
                       str(args.seconds)]
            command = pinned(command, CORES[-1])
            if args.realtime:
                command = ["chrt", "-f", "1", *command]
                prefer(server.pid)
            with DISTURBANCES[disturbance](args, server):
                time.sleep(0.3)
                before, start = cpu_seconds(server.pid), time.monotonic()
                done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      timeout=args.seconds + 60, check=False)
                share = (cpu_seconds(server.pid) - before) / (time.monotonic() - start)
            if done.returncode != 0:
                raise ServerFailed(done.stderr.decode(errors="replace") + server.output())
    return {**json.loads(done.stdout), "server_cpu_share": share}


def prefer(pid):
    """Puts the server's threads before whatever else runs on its core, all alike."""
    for thread in os.listdir(f"/proc/{pid}/task"):
        with contextlib.suppress(ProcessLookupError):
            os.setpriority(os.PRIO_PROCESS, int(thread), -15)


def cpu_seconds(pid):
    with open(f"/proc/{pid}/stat", encoding="utf-8") as file:
        fields = file.read().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the eventsd binary (release build)")
    parser.add_argument("--bench", help="folder of eventsd_latency; default: of the same build")
    parser.add_argument("--only", default=",".join(DISTURBANCES), help="default: %(default)s")
    parser.add_argument("--seconds", type=int, default=5)
    parser.add_argument("--rate", type=int, default=2000, help="publishes a second")
    parser.add_argument("--subscribers", type=int, default=100)
    parser.add_argument("--clients", type=int, default=1000, help="that come and go (arrivals)")
    parser.add_argument("--runs", type=int, default=1, help="of each; the median by the maximum")
    parser.add_argument("--work", help="folder for data directories")
    parser.add_argument("--json", help="file for the figures of every run")
    args = parser.parse_args()
    built = args.bench or os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(args.bin))),
                                       "bench")
    args.load = os.path.join(built, "eventsd_load")
    args.latency = os.path.join(built, "eventsd_latency")
    args.realtime = subprocess.run(["chrt", "-f", "1", "true"], stderr=subprocess.DEVNULL,
                                   check=False).returncode == 0
    wanted = args.only.split(",")
    if set(wanted) - set(DISTURBANCES):
        parser.error("no such disturbance: " + ", ".join(sorted(set(wanted) - set(DISTURBANCES))))

    print(f"{args.rate} publishes a second to {args.subscribers} subscribers, {args.seconds} s each; "
          f"latencies in ms; load average {os.getloadavg()[0]:.2f}")
    print(f"  {'':<10} {'p50':>8} {'p99':>8} {'p99.9':>8} {'max':>8} {'> 20 ms':>8} {'CPU':>6}")
    found, stalls = {}, False
    try:
        for name in wanted:
            runs = sorted((measure(args, name) for _ in range(args.runs)), key=lambda r: r["max"])
            row = runs[len(runs) // 2]
            found[name] = runs
            stalls |= row["over_20_ms"] > 0
            times = " ".join(f"{row[key] / 1000:>8.2f}" for key in ("p50", "p99", "p999", "max"))
            share = statistics.mean(run["server_cpu_share"] for run in runs)
            print(f"  {name:<10} {times} {row['over_20_ms']:>8.0f} {share:>6.0%}", flush=True)
    except (ServerFailed, subprocess.SubprocessError, OSError) as error:
        print(f"latency.py: {error}", file=sys.stderr)
        return 1
    if args.json:
        with open(args.json, "w", encoding="utf-8") as file:
            json.dump({"rate": args.rate, "subscribers": args.subscribers, "runs": found}, file,
                      indent=1)
    return 1 if stalls else 0


if __name__ == "__main__":
    sys.exit(main())
