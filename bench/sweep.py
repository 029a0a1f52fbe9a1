#!/usr/bin/python3
"""Sweeps: CPU per delivery of eventsd and of the floor over one dimension at a time, plotted.

  bench/sweep.py --bin build/release/src/eventsd [--only subscribers,…] [--runs 3] [--json FILE]
                 [--plots docs/images]
"""
import sys

import measure
from measure import median

TARGET = 1.3  # times the floor, at every point

KIB = 1024


def about(deliveries, audience):
    """Publishes that make about so many deliveries; enough for a median, few enough to finish."""
    return max(60, min(40000, deliveries // audience))


# dimension: (label, points, options of the load client at a point). Everything else stays at 1,000
# subscribers of one channel with events of 100 B and 16 publishes in flight.
def subscribers(n):
    return ["--subscribers", n, "--in-flight", 16, "--publishes", about(4_500_000, n)]


def subscribers_single(n):
    return ["--subscribers", n, "--in-flight", 1, "--publishes", about(500_000, n)]


def channels(n):
    """Ten subscriptions per channel, spread over as few connections as 200 each and 1,000 in all
    allow: what grows is the number of channels, not what a publish delivers."""
    subscriptions = 10 * n
    connections = max(10, min(1000, subscriptions), subscriptions // 200)
    return ["--subscribers", connections, "--subscriptions", subscriptions // connections,
            "--channels", n, "--in-flight", 128, "--publishes", 20000]


def subscriptions(n):
    """Each connection subscribes to n channels, and every publish goes to one of them."""
    return ["--subscribers", 500, "--subscriptions", n, "--channels", n, "--in-flight", 16,
            "--publishes", about(3_000_000, 500)]


def wildcards(percent):
    return ["--subscribers", 1000, "--wildcard-share", percent / 100, "--in-flight", 16,
            "--publishes", about(3_000_000, 1000)]


def size(n):
    """100 subscribers and 4 in flight, because a turn at 200 KiB is 80 MB as it is."""
    return ["--subscribers", 100, "--event-size", n, "--in-flight", 4,
            "--publishes", max(60, min(4000, 400_000_000 // (n * 100)))]


SWEEPS = {
    "subscribers": ("subscribers, 16 in flight", [10, 100, 1000, 5000, 18000], subscribers),
    "subscribers_1": ("subscribers, 1 in flight", [10, 100, 1000, 5000, 18000],
                      subscribers_single),
    "channels": ("channels", [1, 10, 100, 1000, 10_000, 100_000], channels),
    "subscriptions": ("subscriptions per connection", [1, 2, 10, 50, 200], subscriptions),
    "wildcards": ("wildcard subscriptions, %", [0, 1, 25, 50, 75, 100], wildcards),
    "size": ("event size, B", [10, 100, KIB, 10 * KIB, 50 * KIB, 200 * KIB], size),
}
SMOKE = {"subscribers": [10, 40], "subscribers_1": [10], "channels": [1, 20],
         "subscriptions": [1, 5], "wildcards": [50], "size": [10, 200 * KIB]}
QUICK = {"subscribers": [10, 1000], "subscribers_1": [10, 1000], "channels": [1, 1000],
         "subscriptions": [1, 50], "wildcards": [0, 100], "size": [100, 50 * KIB]}


class Sweep(measure.Bench):
    def point(self, name, label, value, options):
        def side(make):
            def run(work):
                with make(work) as server:
                    return self.load(server, "fanout", *options)["server_cpu_us_per_delivery"]
            return run
        figures = self.interleave({"floor": side(self.floor), "eventsd": side(self.eventsd)})
        floor, ours = median(figures["floor"]), median(figures["eventsd"])
        self.rows.append({"sweep": name, "label": label, "value": value, "unit": "us",
                          "floor": floor, "eventsd": ours, "ratio": ours / floor,
                          "floor_runs": figures["floor"], "eventsd_runs": figures["eventsd"]})
        print(f"  {label:<30} {value:>8} {floor:>10.3f} {ours:>10.3f} us {ours / floor:>6.2f} x"
              f"{'' if ours / floor <= TARGET else '   over the target'}", flush=True)

    def sweep(self, name):
        label, points, options = SWEEPS[name]
        if self.args.smoke:
            points = SMOKE[name]
        elif self.args.quick:
            points = QUICK[name]
        for value in points:
            chosen = options(value)
            if self.args.smoke:
                chosen[chosen.index("--publishes") + 1] = 60
                chosen[chosen.index("--subscribers") + 1] = min(
                    40, chosen[chosen.index("--subscribers") + 1])
            self.point(name, label, value, chosen)


def plot(rows, folder):
    """One SVG per sweep. The same figures give the same file, byte for byte."""
    import matplotlib
    matplotlib.use("svg")
    matplotlib.rcParams["svg.hashsalt"] = "eventsd"
    from matplotlib import pyplot
    names = list(dict.fromkeys(row["sweep"] for row in rows))
    for name in names:
        points = [row for row in rows if row["sweep"] == name]
        values = [row["value"] for row in points]
        figure, (cpu, ratio) = pyplot.subplots(1, 2, figsize=(9, 3.2))
        for side, colour in (("floor", "#888888"), ("eventsd", "#0b62a4")):
            cpu.plot(values, [row[side] for row in points], marker="o", color=colour, label=side)
        cpu.set_ylabel("CPU per delivery, µs")
        cpu.set_ylim(bottom=0)
        cpu.legend()
        ratio.plot(values, [row["ratio"] for row in points], marker="o", color="#0b62a4")
        ratio.axhline(TARGET, color="#c0392b", linestyle="--", linewidth=1)
        ratio.axhline(1, color="#888888", linewidth=1)
        ratio.set_ylim(0, max(2, 1.1 * max(row["ratio"] for row in points)))
        ratio.set_ylabel("eventsd / floor")
        for axes in (cpu, ratio):
            axes.set_xlabel(points[0]["label"])
            if name != "wildcards":
                axes.set_xscale("log")
            axes.grid(True, alpha=0.3)
        figure.tight_layout()
        figure.savefig(f"{folder}/sweep-{name.replace('_', '-')}.svg", metadata={"Date": None})
        pyplot.close(figure)


def main():
    def extra(parser):
        parser.add_argument("--only", default=",".join(SWEEPS), help="default: %(default)s")
        parser.add_argument("--quick", action="store_true", help="two points of every sweep")
        parser.add_argument("--plots", help="folder for SVG plots (needs python3-matplotlib)")

    args = measure.arguments(__doc__, 3, ("floor", "tls_floor", "load"), extra)
    unknown = set(args.only.split(",")) - set(SWEEPS)
    if unknown:
        print("sweep.py: no such sweep: " + ", ".join(sorted(unknown)), file=sys.stderr)
        return 2
    bench = Sweep(args)

    def body():
        print(f"  {'':<30} {'':>8} {'floor':>10} {'eventsd':>10}")
        for name in args.only.split(","):
            bench.sweep(name)
        if args.plots:
            plot(bench.rows, args.plots)
    return measure.main(bench, body)


if __name__ == "__main__":
    sys.exit(main())
