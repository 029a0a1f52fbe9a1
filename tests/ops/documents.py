#!/usr/bin/env python3
"""Does what a document tells its reader to do, in an empty folder and on a network of its own.

    tests/ops/documents.py --bin build/release/src/eventsd docs/QUICKSTART.md…

What a fence says behind its language decides:

    ```sh run                     runs, and must succeed; variables and folder stay for the next one
    ```sh run fails               must fail
    ```sh serve                   starts a daemon in place of the one before, and waits for it
    ```sh background until="x"    starts, and waits until it has printed x; ends with the document
    ```sh elsewhere="the reason"  is not run here
    ```yaml file=eventsd.yaml     is written to that file; so are other languages
    ```output                     is what the block before it prints, on stdout or on stderr; …
                                  stands for anything
    ```output background          is what the last one in the background has printed by now

`<!-- run: COMMAND -->` is a run that readers do not see.
"""
import argparse
import ctypes
import fcntl
import os
import pathlib
import re
import shlex
import signal
import socket
import struct
import subprocess
import sys
import tempfile
import time

DEADLINE = 60  # seconds; generous, because sanitizers and a busy machine are slow
ROOT = pathlib.Path(__file__).resolve().parents[2]
FENCE = re.compile(r"^(?P<indent> *)```(?P<info>[^\n`]*)\n(?P<text>.*?)^(?P=indent)``` *$"
                   r"|^<!-- run: (?P<hidden>.*?) -->$", re.M | re.S)
# What a shell sets itself.
OWN = r"BASH.*|COMP_.*|DIRSTACK|EUID|FUNCNAME|GROUPS|IFS|OPT.*|PIPESTATUS|PPID|SHELLOPTS|SHLVL|UID|_"


class Block:
    def __init__(self, match, text):
        self.line = text.count("\n", 0, match.start()) + 1
        if match["hidden"]:
            self.language, self.options, self.text = "sh", {"run": ""}, match["hidden"]
            return
        words = shlex.split(match["info"])
        self.language = words[0] if words else ""
        self.options = dict(word.partition("=")[::2] for word in words[1:])
        self.text = re.sub("^" + match["indent"], "", match["text"], flags=re.M)

    def way(self):
        """What is to be done with a shell's block; None when the document does not say."""
        ways = {"run", "serve", "background", "elsewhere"} & set(self.options)
        return ways.pop() if len(ways) == 1 else None


def blocks(document):
    text = document.read_text()
    return [Block(match, text) for match in FENCE.finditer(text)]


def matches(expected, printed):
    pattern = ".*".join(re.escape(part) for part in expected.strip().split("…"))
    return re.fullmatch(pattern, printed.strip(), re.S) is not None


class Failure(Exception):
    pass


class Printed:
    """What a command has printed so far."""

    def __init__(self, folder):
        self.files = [tempfile.TemporaryFile("w+", dir=folder) for _ in range(2)]

    def texts(self):
        # Not through the files' own position, which the command shares.
        return [os.pread(file.fileno(), 1 << 20, 0).decode(errors="replace") for file in self.files]

    def fits(self, expected):
        return any(matches(expected, text) for text in self.texts())

    def __str__(self):
        return "\n".join(text for text in self.texts() if text)


class Reader:
    """Somebody who does one thing after the other."""

    def __init__(self, folder, binary):
        self.folder = pathlib.Path(folder)
        self.home = self.folder / "work"
        self.home.mkdir()
        self.state = self.folder / "state.sh"
        self.state.touch()
        programs = self.folder / "bin"
        programs.mkdir()
        (programs / "eventsd").symlink_to(binary)
        (programs / "python3").symlink_to("/usr/bin/python3")  # Debian's, with Debian's modules
        self.environment = {name: value for name, value in os.environ.items()
                            if not name.startswith(("EVENTSD_", "AWS_", "LISTEN_", "NOTIFY_"))}
        self.environment |= {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(self.home)}
        self.processes = []  # (block, process)
        self.prints = {}  # by process id
        self.daemon = None

    def shell(self, block, printed):
        script = (f"set +eu; . {self.state}; set -euo pipefail; cd \"${{PWD_NOW:-.}}\"\n"
                  f"{block.text}\n")
        if "run" in block.options:
            script += (f"{{ PWD_NOW=$PWD; declare -p $(compgen -v | grep -vxE '{OWN}'); }} "
                       f">{self.state} 2>/dev/null\n")
        return subprocess.Popen(["bash", "-c", script], cwd=self.home, env=self.environment,
                                stdin=subprocess.DEVNULL, stdout=printed.files[0],
                                stderr=printed.files[1], start_new_session=True)

    def run(self, block):
        printed = Printed(self.folder)
        process = self.shell(block, printed)
        try:
            code = process.wait(DEADLINE)
        except subprocess.TimeoutExpired:
            os.killpg(process.pid, signal.SIGKILL)
            raise Failure(f"did not end; it printed:\n{printed}")
        if (code != 0) != ("fails" in block.options):
            raise Failure(f"ended with {code}; it printed:\n{printed}")
        return printed

    def start(self, block, is_there):
        printed = Printed(self.folder)
        process = self.shell(block, printed)
        self.processes.append((block, process))
        self.prints[process.pid] = printed
        end = time.monotonic() + DEADLINE
        while not is_there(str(printed)):
            if process.poll() not in (None, 0):
                raise Failure(f"ended with {process.returncode}: {printed}")
            if time.monotonic() > end:
                raise Failure(f"waited in vain; it printed:\n{printed}")
            time.sleep(0.05)
        return printed

    def serve(self, block):
        self.stop_daemon()
        for left in self.home.glob("**/endpoint.json"):
            left.unlink()
        ready = lambda _: subprocess.run(
            ["eventsd", "health"], cwd=self.home, env=self.environment,
            capture_output=True).returncode == 0
        printed = self.start(block, ready)
        self.daemon = self.processes[-1]
        return printed

    def stop_daemon(self):
        if self.daemon:
            self.stop(self.daemon)
            self.daemon = None

    def stop(self, entry):
        block, process = entry
        self.processes.remove(entry)
        end = time.monotonic() + DEADLINE
        number = signal.SIGTERM
        try:
            while True:  # until nobody of the group is left, not only the shell
                os.killpg(process.pid, number)
                number = 0
                process.poll()
                if time.monotonic() > end:
                    os.killpg(process.pid, signal.SIGKILL)
                    raise Failure(f"the block of line {block.line} does not end")
                time.sleep(0.02)
        except ProcessLookupError:
            process.wait()

    def background(self, block):
        until = block.options.get("until", "")
        return self.start(block, lambda printed: re.search(until, printed) is not None)

    def end(self):
        self.daemon = None
        for entry in reversed(list(self.processes)):
            self.stop(entry)

    def do(self, all_blocks):
        """Yields (block, complaint) for what does not go as the document says."""
        printed = background = None
        for block in all_blocks:
            try:
                self.check_alive()
                if block.language == "sh":
                    way = block.way()
                    if way == "elsewhere":
                        continue
                    if way is None:
                        raise Failure("the fence says neither run, serve, background nor elsewhere")
                    printed = getattr(self, way)(block)
                    background = printed if way == "background" else background
                elif block.language == "output":
                    waited = "background" in block.options
                    self.compare(block, background if waited else printed, waited)
                elif "file" in block.options:
                    path = self.home / block.options["file"]
                    path.parent.mkdir(parents=True, exist_ok=True)
                    path.write_text(block.text)
            except Failure as failure:
                yield block, str(failure)
                return

    def check_alive(self):
        for begun, process in self.processes:
            if process.poll() not in (None, 0):
                raise Failure(f"what line {begun.line} started has ended with {process.returncode}: "
                              f"{self.prints[process.pid]}")

    @staticmethod
    def compare(block, printed, may_come_later):
        end = time.monotonic() + (DEADLINE / 4 if may_come_later else 0)
        while not printed.fits(block.text):
            if time.monotonic() > end:
                raise Failure(f"expected:\n{block.text}\nprinted:\n{printed}")
            time.sleep(0.05)


def try_out(document, binary, prepare=None):
    """Complaints about one document, in words."""
    with tempfile.TemporaryDirectory() as folder:
        reader = Reader(folder, binary)
        if prepare:
            prepare(reader)
        try:
            return [f"{document}:{block.line}: {complaint}"
                    for block, complaint in reader.do(blocks(document))]
        finally:
            reader.end()


def enter_own_network():
    """Ports are as free here as the document takes them to be, and nobody else is reached."""
    CLONE_NEWUSER, CLONE_NEWNET = 0x10000000, 0x40000000
    uid, gid = os.geteuid(), os.getegid()
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.unshare(CLONE_NEWNET if uid == 0 else CLONE_NEWUSER | CLONE_NEWNET) != 0:
        raise OSError(ctypes.get_errno(), "unshare")
    if uid != 0:
        pathlib.Path("/proc/self/setgroups").write_text("deny")
        pathlib.Path("/proc/self/uid_map").write_text(f"0 {uid} 1")
        pathlib.Path("/proc/self/gid_map").write_text(f"0 {gid} 1")
    SIOCSIFFLAGS, IFF_UP = 0x8914, 1
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as any_socket:
        fcntl.ioctl(any_socket, SIOCSIFFLAGS, struct.pack("16sh14x", b"lo", IFF_UP))


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--bin", required=True, type=pathlib.Path, help="the eventsd binary")
    parser.add_argument("--node-modules", type=pathlib.Path, help="a folder that has npm's packages")
    parser.add_argument("documents", nargs="+", type=pathlib.Path)
    arguments = parser.parse_args()
    enter_own_network()

    def prepare(reader):
        if arguments.node_modules:
            (reader.home / "node_modules").symlink_to(arguments.node_modules.resolve(strict=True))

    failed = 0
    for document in arguments.documents:
        complaints = try_out(document, arguments.bin.resolve(strict=True), prepare)
        failed += bool(complaints)
        print("\n".join(complaints) if complaints else f"{document}: as it says")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
