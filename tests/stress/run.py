#!/usr/bin/python3
"""Starts eventsd and stresses it; prints "N passed, N failed" for everything it ran.

  tests/stress/run.py --bin build/release/src/eventsd [--scenario mixed,replay,kill9] [--seconds 20]
                      [--seed N] [--shards 1|4] [--rounds 5]

mixed   many clients at random; every subscription got exactly what the delivery contract says
replay  a backlog many times the queue cap is replayed while publishing goes on
kill9   SIGKILL under load and restart on the same data, several rounds
A failure prints the seed; the same seed makes the same decisions, in a different timing.
"""
import argparse
import os
import random
import re
import shutil
import subprocess
import sys
import tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(HERE, "..", "..", "bench"))
from daemon import HISTORY, Eventsd, ServerFailed  # noqa: E402

SCENARIOS = ["mixed", "replay", "kill9"]
ROUNDS_PER_HISTORY = 4  # of kill9


class Stress:
    def __init__(self, args):
        self.args = args
        self.passed = self.failed = 0
        self.random = random.Random(args.seed)

    def check(self, good, what):
        if good:
            self.passed += 1
        else:
            self.failed += 1
            print("FAILED", what, flush=True)

    def eventsd(self, work, limits, namespaces):
        return Eventsd(self.args.bin, os.path.join(work, "data"), threads=self.args.shards,
                       limits=limits, namespaces=namespaces)

    def client(self, server, scenario, *options, seconds=0):
        """Runs the stress client and adds its counts."""
        command = [self.args.client, scenario, "--url", server.url, "--api-key", server.api_key,
                   "--patience", str(self.args.patience), *[str(o) for o in options]]
        try:
            done = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                                  timeout=seconds + 8 * self.args.patience, check=False)
        except subprocess.TimeoutExpired as late:
            print((late.stdout or b"").decode(errors="replace"))
            self.check(False, scenario + " did not end in time")
            return
        text = done.stdout.decode(errors="replace")
        counts = re.search(r"^(\d+) passed, (\d+) failed$", text, re.MULTILINE)
        for line in text.splitlines():
            if not re.match(r"^\d+ passed", line):
                print("  " + line, flush=True)
        if counts is None:
            self.check(False, f"{scenario} ended with {done.returncode}")
            return
        self.passed += int(counts[1])
        self.failed += int(counts[2])

    def ended_well(self, server):
        """The server is still there, and stops when asked to."""
        self.check(server.process.poll() is None,
                   f"eventsd ended by itself with {server.process.poll()}: {server.output()}")
        if server.process.poll() is None:
            status = server.stop(seconds=self.args.patience)
            self.check(status == 0, f"eventsd stopped with {status}: {server.output()}")

    def mixed(self, work):
        namespaces = {"live1": None, "live2": None, "kept1": HISTORY, "kept2": HISTORY,
                      "flood": None}
        with self.eventsd(work, ["maxOutboundQueue: 1MiB"], namespaces) as server:
            self.client(server, "mixed", "--seed", self.args.seed, "--seconds", self.args.seconds,
                        "--tail", self.args.tail,
                        "--slow-readers", self.args.slow_readers, seconds=self.args.seconds)
            self.ended_well(server)

    def replay(self, work):
        with self.eventsd(work, ["maxOutboundQueue: 256KiB"], {"kept1": HISTORY}) as server:
            self.client(server, "replay", "--seed", self.args.seed, "--backlog-mib",
                        self.args.backlog_mib)
            self.ended_well(server)

    def kill9(self, work):
        # A new history every few rounds: each check reads all of it, and a round adds up to 100,000
        # events.
        for begin in range(0, self.args.rounds, ROUNDS_PER_HISTORY):
            folder = os.path.join(work, str(begin))
            os.mkdir(folder)
            self.kill_rounds(folder, min(ROUNDS_PER_HISTORY, self.args.rounds - begin))

    def kill_rounds(self, work, rounds):
        state = os.path.join(work, "state")
        with self.eventsd(work, [], {"kept1": HISTORY}) as server:
            for _ in range(rounds):
                self.client(server, "crash-round", "--seed", self.random.randrange(1 << 32),
                            "--pid", server.pid, "--kill-after-ms", self.random.randint(50, 900),
                            "--state", state)
                server.process.wait(self.args.patience)
                server.start(self.args.patience)
                self.client(server, "crash-check", "--state", state)
            self.ended_well(server)


def parse_arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--bin", required=True, help="the eventsd binary")
    parser.add_argument("--client", help="eventsd_stress; default: of the same build folder")
    parser.add_argument("--scenario", default="mixed", help="of " + ", ".join(SCENARIOS))
    parser.add_argument("--seconds", type=int, default=20, help="of load in mixed")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1 << 32))
    parser.add_argument("--shards", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=5, help="of kill9")
    parser.add_argument("--backlog-mib", type=int, default=50, help="of replay")
    parser.add_argument("--patience", type=int, default=60,
                        help="seconds before something counts as stuck (sanitizers need more)")
    parser.add_argument("--slow-readers", choices=["required", "free"], default="required",
                        help="must a slow reader have been closed? free: for sanitized builds")
    parser.add_argument("--tail", choices=["required", "free"], default="required",
                        help="must an unsubscribe get what was acknowledged before it was sent")
    parser.add_argument("--work", help="folder for data directories; default: the temporary folder")
    args = parser.parse_args()
    build = os.path.dirname(os.path.dirname(os.path.abspath(args.bin)))
    args.client = args.client or os.path.join(build, "tests", "stress", "eventsd_stress")
    unknown = set(args.scenario.split(",")) - set(SCENARIOS)
    if unknown:
        parser.error("no such scenario: " + ", ".join(sorted(unknown)))
    return args


def main():
    args = parse_arguments()
    stress = Stress(args)
    for name in args.scenario.split(","):
        print(f"{name}: seed {args.seed}, {args.shards} shards", flush=True)
        work = tempfile.mkdtemp(prefix="eventsd-stress-", dir=args.work)
        failed_before = stress.failed
        try:
            getattr(stress, name)(work)
        except (ServerFailed, OSError, subprocess.SubprocessError) as error:
            stress.check(False, f"{name}: {error}")
        if stress.failed > failed_before:
            print(f"  repeat with --scenario {name} --seed {args.seed} --shards {args.shards}")
        shutil.rmtree(work, ignore_errors=True)
    print(f"{stress.passed} passed, {stress.failed} failed")
    return 0 if stress.failed == 0 and stress.passed > 0 else 1


if __name__ == "__main__":
    sys.exit(main())
