#!/usr/bin/python3
"""Plays the transcripts of rules/*.json against a server.

  run.py --bin build/release/src/eventsd            starts its own daemons, one a variant
  run.py --url http://host:8080 --api-key da2-…     against any server; what needs a daemon of its
                                                    own is skipped; --no-extensions for others
  run.py --check-rules                              only: has every rule a transcript?
"""

import argparse
import json
import pathlib
import random
import re
import string
import sys
import time

import daemon
import matching
import steps

_HERE = pathlib.Path(__file__).resolve().parent
_PROTOCOL = _HERE.parent.parent / "docs" / "PROTOCOL.md"


def load_transcripts():
    found = []
    for path in sorted((_HERE / "rules").glob("*.json")):
        for transcript in matching.parse_json(path.read_text()):
            transcript["file"] = path.name
            found.append(transcript)
    return found


def check_rules(transcripts):
    """Sentences about rules without transcripts and transcripts without rules."""
    rules = re.findall(r"^\*\*([A-Z]-\d+)\*\*", _PROTOCOL.read_text(), re.MULTILINE)
    proved = {rule for t in transcripts for rule in t["rules"]}
    problems = [f"rule {rule} has no transcript" for rule in rules if rule not in proved]
    problems += [f"rule {rule} is not in PROTOCOL.md" for rule in sorted(proved - set(rules))]
    problems += [f"rule {rule} is written twice" for rule in set(rules) if rules.count(rule) > 1]
    names = [t["name"] for t in transcripts]
    problems += [f"two transcripts are called {n!r}" for n in set(names) if names.count(n) > 1]
    return problems


def needs_own_daemon(transcript):
    return any("daemon" in step for step in transcript["steps"])


def variables_for(transcript, url, key, short_key=""):
    host = url.split("//")[1].rstrip("/")
    variables = {"run": "".join(random.choices(string.ascii_lowercase, k=10)), "key": key,
                 "short_key": short_key, "host": host, "auth": {"host": host, "x-api-key": key},
                 "wrong_key": daemon.make_api_key(),
                 "amz_date": time.strftime("%Y%m%dT%H%M%SZ", time.gmtime()),
                 "amz_day": time.strftime("%Y%m%d", time.gmtime())}
    variables.update(transcript.get("variables", {}))
    return variables


class Runner:
    def __init__(self, options):
        self._options = options
        self._daemons = {}
        self.passed, self.failed, self.skipped = 0, [], 0

    def _play_remote(self, transcript):
        if transcript.get("server", "default") != "default" or needs_own_daemon(transcript):
            return "skipped"
        url = self._options.url.rstrip("/")
        url = url[:-len("/event")] if url.endswith("/event") else url
        player = steps.Player(url, variables_for(transcript, url, self._options.api_key),
                              self._options.ca_file, deadline=self._options.deadline)
        player.play(transcript["steps"])
        return None

    def _play_local(self, transcript):
        variant = transcript.get("server", "default")
        own = needs_own_daemon(transcript) or variant in ("expiring",)
        if own:
            server = daemon.Daemon(self._options.bin, variant)
        else:
            if variant not in self._daemons:
                self._daemons[variant] = daemon.Daemon(self._options.bin, variant)
            server = self._daemons[variant]
            if server.process.poll() is not None:
                self._daemons.pop(variant)
                raise steps.Failure(f"the daemon has ended: {server.stop()}")
        variables = variables_for(transcript, server.url, server.key, server.short_key)
        server.secrets.append(variables["wrong_key"])
        player = steps.Player(server.url, variables, str(server.data / "tls" / "ca.pem"), server,
                              self._options.deadline)
        try:
            player.play(transcript["steps"])
        finally:
            problem = server.stop() if own else None
        if problem:
            raise steps.Failure(problem)
        return None

    def play(self, transcript):
        started = time.monotonic()
        try:
            play = self._play_local if self._options.bin else self._play_remote
            outcome = play(transcript)
        except (steps.Failure, RuntimeError) as error:
            self._fail(transcript["name"], error)
            return
        if outcome == "skipped":
            self.skipped += 1
            return
        self.passed += 1
        if self._options.verbose:
            print(f"ok      {transcript['name']} ({time.monotonic() - started:.1f} s)", flush=True)

    def _fail(self, name, error):
        self.failed.append(name)
        print(f"FAILED  {name}\n    {error}", flush=True)

    def finish(self):
        for variant, server in self._daemons.items():
            problem = server.stop()
            if problem:
                self._fail(f"the daemon of {variant} ends cleanly and logs no credential", problem)


def main():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", help="origin of a running server, with or without /event")
    parser.add_argument("--api-key")
    parser.add_argument("--ca-file")
    parser.add_argument("--bin", help="the daemon; one is started for every variant")
    parser.add_argument("--only", help="transcripts whose name or rule contains this text")
    parser.add_argument("--no-extensions", action="store_true", help="leave out the rules R-*")
    parser.add_argument("--check-rules", action="store_true")
    parser.add_argument("--deadline", type=float, default=30, help="seconds to wait for one thing")
    parser.add_argument("--verbose", action="store_true")
    options = parser.parse_args()

    transcripts = load_transcripts()
    problems = check_rules(transcripts)
    for problem in problems:
        print(problem)
    if options.check_rules:
        return 1 if problems else 0
    if not options.bin and not (options.url and options.api_key):
        parser.error("either --bin, or --url and --api-key")

    if options.only:
        transcripts = [t for t in transcripts
                       if options.only in t["name"] or options.only in t["rules"]]
    if options.no_extensions:
        transcripts = [t for t in transcripts if not all(r.startswith("R-") for r in t["rules"])]
    runner = Runner(options)
    try:
        for transcript in transcripts:
            runner.play(transcript)
    finally:
        runner.finish()
    print(f"{runner.passed} passed, {len(runner.failed)} failed, {runner.skipped} skipped")
    return 1 if runner.failed or problems else 0


if __name__ == "__main__":
    sys.exit(main())
