#!/usr/bin/python3
"""The README's "Sixty seconds", to the letter, in a clone whose release build is done: its commands in
three terminals, then the console in a browser, whose buttons are those that the README names.

    tests/ops/first_minute.py            needs scripts/setup build test; prints the seconds

It begins without ./eventsd-data (one that is there is put aside for the time) and on a network of its
own, where the default ports are free.
"""
import os
import pathlib
import pty
import re
import select
import shutil
import signal
import subprocess
import sys
import time

import documents

ROOT = pathlib.Path(__file__).resolve().parents[2]
DEADLINE = 180  # seconds of the whole, generous: five minutes are promised with everything but the build
DATA = ROOT / "eventsd-data"


class Wrong(Exception):
    pass


class Terminal:
    """A person's terminal in the clone: a command typed into it, and what can be read."""

    def __init__(self, command, end):
        self.end, self.shown = end, b""
        self.master, slave = pty.openpty()
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith(("EVENTSD_", "AWS_"))} | {"TERM": "xterm"}
        self.process = subprocess.Popen(["bash", "-c", command], cwd=ROOT, env=environment,
                                        stdin=slave, stdout=slave, stderr=slave,
                                        start_new_session=True)
        os.close(slave)

    def text(self):
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.shown += os.read(self.master, 65536)
            except OSError:  # it has ended
                break
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", self.shown.decode(errors="replace"))

    def wait_for(self, pattern):
        while True:
            found = re.search(pattern, self.text(), re.M)
            if found:
                return found
            if self.process.poll() not in (None, 0) or time.monotonic() > self.end:
                raise Wrong(f"no {pattern!r} in:\n{self.text()}")
            time.sleep(0.05)

    def stop(self):
        """As Ctrl-C does it."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGINT)
        try:
            return self.process.wait(60)
        except subprocess.TimeoutExpired:
            os.killpg(self.process.pid, signal.SIGKILL)
            raise Wrong(f"does not end on Ctrl-C:\n{self.text()}")


def chapter(text, title):
    """What stands below a heading, up to the next one of any level."""
    return re.search(rf"^#+ {re.escape(title)}\n(.*?)(?=^#+ )", text, re.M | re.S).group(1)


def follow(readme, end):
    terminals = []
    commands = re.findall(r"^```sh[^\n]*\n(.*?)^```", chapter(readme, "Sixty seconds"), re.M | re.S)
    run, subscribe, publish = commands
    try:
        first = Terminal(run, end)
        terminals.append(first)
        first.wait_for(r"^ +curl .*\\\n.*\}'")
        second = Terminal(subscribe, end)
        terminals.append(second)
        second.wait_for("subscribed to")
        third = Terminal(publish, end)
        terminals.append(third)
        third.wait_for(r'"successful":\[\{')
        second.wait_for(r'\{"text": ?"hello"\}')
        address = first.wait_for(r"^ +console +(\S+)")[1]
        words = chapter(readme, "In the console").strip().split("\n\n")[0]
        node = subprocess.run(["node", ROOT / "tests/e2e/first_minute.js", address, words],
                              capture_output=True, text=True, timeout=DEADLINE)
        if node.returncode != 0:
            raise Wrong(f"the console:\n{node.stdout}{node.stderr}")
        for terminal in (second, first):
            if terminal.stop() not in (0, 130):
                raise Wrong(f"ends with {terminal.process.returncode}:\n{terminal.text()}")
    finally:
        for terminal in terminals:
            if terminal.process.poll() is None:
                os.killpg(terminal.process.pid, signal.SIGKILL)


def main():
    documents.enter_own_network()
    aside = DATA.with_name("eventsd-data.aside")
    if DATA.exists():
        DATA.rename(aside)
    begin = time.monotonic()
    try:
        follow((ROOT / "README.md").read_text(), begin + DEADLINE)
        print(f"first minute: from scripts/run to the message in the console "
              f"{time.monotonic() - begin:.0f} s, the build left out")
        return 0
    except (Wrong, subprocess.TimeoutExpired, ValueError, AttributeError) as error:
        print(f"first minute: {error}")
        return 1
    finally:
        shutil.rmtree(DATA, ignore_errors=True)
        if aside.exists():
            aside.rename(DATA)


if __name__ == "__main__":
    sys.exit(main())
