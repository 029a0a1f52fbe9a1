#!/usr/bin/python3
"""eventsd beside other servers: fan-out, publish rate and idle memory, one table.

  bench/peers/run.py --bin build/release/src/eventsd [--runs 3] [--only nchan,nats,ws,socketio]

Each server runs alone on the server core with its defaults, without compression; each client checks
that every subscriber got every event once, in order. eventsd acknowledges every publish and checks
credentials; the others do neither.
"""
import os
import shutil
import sys
import tempfile

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

import measure  # noqa: E402
from daemon import ServerFailed  # noqa: E402
from measure import median  # noqa: E402
from peers import nats, nchan, node  # noqa: E402

PEERS = {"nchan": nchan.Nchan, "nats": nats.Nats, "ws": node.Ws, "socketio": node.SocketIo}
NEEDS = {"nchan": nchan.MODULE, "nats": nats.NATS}
COLUMNS = ("fan-out 1, us", "fan-out 16, us", "fan-out 128, us", "publishes/s", "B/connection")


class Peers(measure.Bench):
    def client(self, server, scenario, *options):
        if server.name in PEERS:
            return self.run(server, [self.args.peer_load, server.name, scenario, "--url", server.url,
                                     "--pid", server.pid, *options])
        return self.load(server, scenario, *options)

    def fresh(self, make, work, figure, *options):
        """One figure of a fresh process. nchan 1.3.6 stops delivering for good now and then, when
        several messages are under way: it gets three chances, and nan when all of them end so."""
        for attempt in (1, 2, 3):
            try:
                with make(tempfile.mkdtemp(dir=work)) as server:
                    return self.client(server, *options)[figure]
            except ServerFailed as error:
                if not str(error).startswith("nchan") or "timed out" not in str(error):
                    raise
                print(f"  nchan stopped delivering (attempt {attempt})", flush=True)
        return float("nan")

    def measure(self, name, make, work):
        """The columns for one server, each on a fresh process."""
        smoke, quick = self.args.smoke, self.args.quick
        figures = []
        for in_flight, publishes in ((1, 400), (16, 800), (128, 1500)):
            figures.append(self.fresh(
                make, work, "server_cpu_us_per_delivery", "fanout", "--in-flight", in_flight,
                "--subscribers", 20 if smoke else 1000, "--publishes", 30 if smoke else publishes,
                "--event-size", 100))
        figures.append(self.fresh(
            make, work, "deliveries_per_second", "fanout", "--in-flight",
            1 if name == "nchan" else 256, "--subscribers", 1,
            "--publishes", 300 if smoke else 40000, "--event-size", 100))
        low, high = (20, 60) if smoke else (1000, 4000) if quick else (2000, 12000)
        figures.append(self.fresh(make, work, "bytes_per_connection", "idle", "--connections", low,
                                  "--connections-high", high))
        return figures

    def all(self):
        sides = {"floor": self.floor, "eventsd": self.eventsd}
        for name in self.args.only.split(","):
            if name in NEEDS and not os.path.exists(NEEDS[name]):
                print(f"  {name} is not installed (scripts/setup bench): left out")
            elif name not in NEEDS and shutil.which("npm") is None:
                print(f"  {name} needs npm (scripts/setup test): left out")
            else:
                if name not in NEEDS:
                    node.install()
                sides[name] = lambda work, peer=PEERS[name]: peer(work, self.server_core)
        runs = self.interleave({name: lambda work, name=name, make=make: self.measure(name, make, work)
                                for name, make in sides.items()})
        print(f"  {'':<10}" + "".join(f"{column:>18}" for column in COLUMNS))
        for name, figures in runs.items():
            medians = [median(column) for column in zip(*figures)]
            self.rows.append({"server": name, **dict(zip(COLUMNS, medians)), "runs": figures})
            print(f"  {name:<10}" + "".join(f"{value:>18.3f}" if value < 1000 else f"{value:>18,.0f}"
                                            for value in medians), flush=True)


def main():
    def extra(parser):
        parser.add_argument("--only", default=",".join(PEERS), help="default: %(default)s")
        parser.add_argument("--quick", action="store_true", help="fewer idle connections")

    args = measure.arguments(__doc__, 3, ("floor", "load", "peer_load"), extra)
    unknown = set(args.only.split(",")) - set(PEERS)
    if unknown:
        print("run.py: no such peer: " + ", ".join(sorted(unknown)), file=sys.stderr)
        return 2
    bench = Peers(args)
    return measure.main(bench, bench.all)


if __name__ == "__main__":
    sys.exit(main())
