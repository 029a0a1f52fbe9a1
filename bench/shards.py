#!/usr/bin/python3
"""Two shards beside one: what a delivery and a publish cost in CPU time of the server.

Neither server nor client is pinned: both share the machine's cores in both cases, and only the
server's CPU time counts. With two shards half of the publishers are on another shard than the one
that orders their namespace: what a publish costs more than with one is that hop, on average.

  bench/shards.py --bin build/release/src/eventsd [--runs 5] [--json FILE]
"""
import sys

import measure
from measure import median

TARGET = 1.15  # times one shard's CPU per delivery


class Shards(measure.Bench):
    def compare(self, label, figure, unit, scenario, *options):
        def side(threads):
            def run(work):
                with self.eventsd(work, threads=threads, core=None) as server:
                    return self.load(server, scenario, *options, pin=False)[figure]
            return run
        figures = self.interleave({"one": side(1), "two": side(2)})
        one, two = median(figures["one"]), median(figures["two"])
        self.rows.append({"what": label, "unit": unit, "one": one, "two": two, "ratio": two / one,
                          "one_runs": figures["one"], "two_runs": figures["two"]})
        print(f"  {label:<52} {one:>12.3f} {two:>12.3f} {unit:<6} {two / one:>6.2f} x   "
              f"one {min(figures['one']):.3f}-{max(figures['one']):.3f}, "
              f"two {min(figures['two']):.3f}-{max(figures['two']):.3f}", flush=True)

    def all(self):
        smoke = self.args.smoke
        print(f"  {'':<52} {'one shard':>12} {'two shards':>12}")
        for in_flight, publishes in ((1, 1500), (16, 5000), (128, 20000)):
            self.compare(f"fan-out, CPU per delivery, {in_flight} in flight",
                         "server_cpu_us_per_delivery", "us", "fanout", "--in-flight", in_flight,
                         "--subscribers", 20 if smoke else 1000,
                         "--publishes", 100 if smoke else publishes)
        options = ["--publishers", 8, "--in-flight", 64, "--publishes", 800 if smoke else 200000]
        for subscribers in (0, 1):
            what = f"8 publishers of one namespace, {subscribers} subscribers"
            options_now = [*options, "--subscribers", subscribers]
            self.compare(what + ", CPU", "server_cpu_us_per_publish", "us", "publish", *options_now)
            self.compare(what, "publishes_per_second", "1/s", "publish", *options_now)


def main():
    args = measure.arguments(__doc__, 5, ("load",))
    bench = Shards(args)
    return measure.main(bench, bench.all)


if __name__ == "__main__":
    sys.exit(main())
