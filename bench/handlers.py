#!/usr/bin/python3
"""What handlers cost: time added to a publish by a trivial onPublish, and memory of their namespaces.

  publish   answers of publishes over one WebSocket at a steady rate, to a namespace without a handler
            and to one whose onPublish returns its events, in one server: A-B-A-B. Microseconds.
  memory    the private memory of the daemon and of its workers with 10 and with 1,000 namespaces,
            each with a handler file of its own that has been called once; and of the daemon with as
            many namespaces without handlers. Slopes, KiB a namespace.

  bench/handlers.py --bin build/release/src/eventsd [--only publish,memory] [--rate 200]
                    [--runs 7] [--json FILE]
"""
import http.client
import json
import os
import sys
import tempfile
import urllib.parse

import measure
from daemon import API_KEY, Eventsd, ServerFailed
from measure import median

HANDLER = """\
import { util } from '@aws-appsync/utils';

// Handler %d
export function onPublish(ctx) {
  return ctx.events.map((event) => ({ id: event.id, payload: event.payload }));
}
"""


def configuration(work, namespaces):
    """A file with {name: has a handler}; each handler has a file of its own."""
    entries = []
    for number, (name, handled) in enumerate(namespaces.items()):
        entry = {"name": name}
        if handled:
            entry["codeHandlers"] = os.path.join(work, f"{name}.js")
            with open(entry["codeHandlers"], "w", encoding="utf-8") as file:
                file.write(HANDLER % number)
        entries.append(entry)
    api = {"name": "bench", "authProviders": [{"authType": "API_KEY"}],
           "apiKeys": [{"id": API_KEY}], "channelNamespaces": entries}
    path = os.path.join(work, "bench.yaml")
    with open(path, "w", encoding="utf-8") as file:
        json.dump({"listen": ["127.0.0.1:0"], "admin": {"listen": "127.0.0.1:0"},
                   "dataDir": os.path.join(work, "data"), "threads": 1,
                   "log": {"level": "warn", "format": "text"}, "drainTimeout": "1s",
                   "limits": {"publishesPerSecondPerConnection": 0}, "api": api}, file)
    return path


def start(args, work, namespaces, core=None):
    return Eventsd(args.bin, os.path.join(work, "data"), core=core,
                   config=configuration(work, namespaces))


def private_kib(pid):
    """Memory that no other process shares."""
    with open(f"/proc/{pid}/smaps_rollup", encoding="utf-8") as file:
        return sum(int(line.split()[1]) for line in file
                   if line.startswith(("Private_Clean:", "Private_Dirty:")))


def children(pid):
    found = []
    for thread in os.listdir(f"/proc/{pid}/task"):
        with open(f"/proc/{pid}/task/{thread}/children", encoding="utf-8") as file:
            found += [int(child) for child in file.read().split()]
    return found


class Handlers:
    def __init__(self, args):
        self.args = args
        self.bench = measure.Bench(args)

    # --- publish -------------------------------------------------------------------------------

    def once(self, server, channel):
        seconds = "1s" if self.args.smoke else "5s"
        report = self.bench.run(server, [
            self.args.bin, "bench", "publish", "--ws", "--rate", self.args.rate, "--channel",
            channel, "--duration", seconds, "--url", server.url, "--api-key", server.api_key,
            "--pid", server.pid, "--json"])
        latency = report["publish_latency_us"]
        return latency["p50"], latency["p99"]

    def publish(self):
        with tempfile.TemporaryDirectory(prefix="eventsd-bench-", dir=self.args.work) as work, \
             start(self.args, work, {"plain": False, "handled": True}) as server:
            self.once(server, "handled/warm")
            runs = [(self.once(server, "plain/x"), self.once(server, "handled/x"))
                    for _ in range(self.args.runs)]
        print(f"publish: an answer, us ({self.args.rate} publishes a second)\n"
              f"    {'':<24} {'p50':>8} {'p99':>8}")
        for name, side in (("without a handler", 0), ("trivial onPublish", 1)):
            p50, p99 = (median([run[side][q] for run in runs]) for q in (0, 1))
            print(f"    {name:<24} {p50:>8.0f} {p99:>8.0f}")
            self.bench.rows.append({"what": "publish", "side": name, "p50_us": p50, "p99_us": p99})
        for q, name in ((0, "p50"), (1, "p99")):
            added = [run[1][q] - run[0][q] for run in runs]
            print(f"    added to the {name}: {median(added):.0f} us "
                  f"({min(added):.0f} to {max(added):.0f})")
            self.bench.rows.append({"what": "publish", "added": name, "us": median(added)})

    # --- memory --------------------------------------------------------------------------------

    def memory_of(self, count, handled):
        """KiB of the daemon, and of all its workers together."""
        names = {f"n{i}": handled for i in range(count)}
        with tempfile.TemporaryDirectory(prefix="eventsd-bench-", dir=self.args.work) as work, \
             start(self.args, work, names) as server:
            address = urllib.parse.urlsplit(server.url)
            connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
            for name in names:
                connection.request("POST", "/event", json.dumps(
                    {"channel": f"/{name}/x", "events": ["1"]}),
                    {"content-type": "application/json", "x-api-key": server.api_key})
                answer = connection.getresponse()
                if answer.status != 200 or json.loads(answer.read())["failed"]:
                    raise ServerFailed(f"publish to {name}: {answer.status}")
            connection.close()
            return private_kib(server.pid), sum(private_kib(pid) for pid in children(server.pid))

    def memory(self):
        few, many = (2, 20) if self.args.smoke else (10, 1000)
        print(f"memory: private KiB with {few} and {many} namespaces, KiB for each further one")
        slope = {}
        for handled in (False, True):
            rows = [(self.memory_of(few, handled), self.memory_of(many, handled))
                    for _ in range(1 if self.args.smoke else min(self.args.runs, 3))]
            for who, name in ((0, "daemon"), (1, "workers")):
                if who == 1 and not handled:
                    continue
                less, more = (median([row[size][who] for row in rows]) for size in (0, 1))
                label = f"{name}, {'with' if handled else 'without'} handlers"
                slope[label] = (more - less) / (many - few)
                print(f"    {label:<28} {less:>8.0f} {more:>8.0f} {slope[label]:>8.2f}")
                self.bench.rows.append({"what": "memory", "side": label, "few_kib": less,
                                        "many_kib": more, "slope_kib": slope[label]})


def main():
    def extra(parser):
        parser.add_argument("--only", default="publish,memory")
        parser.add_argument("--rate", type=int, default=200, help="publishes a second")

    args = measure.arguments(__doc__, extra=extra)
    handlers = Handlers(args)

    def body():
        for step in args.only.split(","):
            getattr(handlers, step)()
    return measure.main(handlers.bench, body)


if __name__ == "__main__":
    sys.exit(main())
