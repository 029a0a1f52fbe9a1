"""The built daemon as a process in a folder of its own, with the supervisor's end of sd_notify."""
import base64
import json
import os
import pathlib
import pty
import re
import select
import signal
import socket
import subprocess
import tempfile
import time
import urllib.error
import urllib.request

DEADLINE = 60  # seconds; generous, because sanitizers and a busy machine are slow
CONTAINER = os.path.exists("/.dockerenv") or os.path.exists("/run/.containerenv")
# API keys, tokens, signatures, and the subprotocol that carries any of them.
CREDENTIAL = re.compile(r"da2-[a-z0-9]{20}|eyJ[A-Za-z0-9_-]{10,}\.eyJ|Signature=[0-9a-f]{64}"
                        r"|header-[A-Za-z0-9_-]{20}|[Bb]earer [A-Za-z0-9]{8}")
# A shell that becomes the daemon, since only the process itself can name itself in LISTEN_PID.
AS_LISTENER = ["/bin/sh", "-c", 'LISTEN_PID=$$ WATCHDOG_PID=$$ exec "$@"', "sh"]


def until(condition, what):
    """Polls another process: there is nothing to wait on."""
    end = time.monotonic() + DEADLINE
    while True:
        result = condition()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"waited {DEADLINE} s in vain: {what}")
        time.sleep(0.02)


class Supervisor:
    """Receives what the daemon tells systemd."""

    def __init__(self, folder):
        self.path = str(folder / "notify")
        self.socket = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
        self.socket.bind(self.path)
        self.socket.settimeout(DEADLINE)
        self.seen = []

    def wait_for(self, pattern):
        """The first line from now on that matches."""
        while True:
            for line in self.socket.recv(4096).decode().splitlines():
                self.seen.append(line)
                if re.match(pattern, line):
                    return line


class Daemon:
    """`eventsd serve` with zero configuration but its ports; more is the caller's.

    key: the API key that `config` names; without one it is the generated key.
    disk: bytes of a small disk of its own that holds nothing but the data directory.
    """

    def __init__(self, folder, environment=None, config=None, key="", listener=None,
                 terminal=False, disk=0):
        self.folder = pathlib.Path(folder)
        self.key = key
        self.data = self.folder / "eventsd-data"
        self.config = self.folder / "eventsd.yaml"
        if config is not None:
            self.config.write_text(config)
        values = {name: value for name, value in os.environ.items()
                  if not name.startswith(("EVENTSD_", "LISTEN_", "NOTIFY_", "WATCHDOG_"))}
        values |= {"EVENTSD_LISTEN": "127.0.0.1:0", "EVENTSD_ADMIN_LISTEN": "127.0.0.1:0",
                   "EVENTSD_LOG_LEVEL": "trace", "EVENTSD_LOG_ACCESS": "true"}
        values |= environment or {}
        command = [os.environ["EVENTSD_BIN"], "serve"]
        options = {"cwd": self.folder, "env": values, "stdin": subprocess.DEVNULL}
        if listener is not None:
            values |= {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "listen"}
            options["preexec_fn"] = lambda: os.dup2(listener.fileno(), 3)
            options["pass_fds"] = (3,)
        (self.data / "endpoint.json").unlink(missing_ok=True)
        self.secrets = set()  # what must not be logged besides
        self.log = tempfile.TemporaryFile("w+")
        self.shown = b""
        if terminal:
            self.master, slave = pty.openpty()
            options |= {"stdin": slave, "stdout": slave, "stderr": slave}
        else:
            options |= {"stdout": self.log, "stderr": self.log}
        self.process = subprocess.Popen(AS_LISTENER + self.on_disk(disk) + command, **options)
        if disk:
            # Mounted where only the daemon sees it.
            self.data = pathlib.Path(f"/proc/{self.process.pid}/root{self.data.resolve()}")
        if terminal:
            os.close(slave)

    def on_disk(self, size):
        """What mounts a small disk and becomes the command behind it; without a size nothing."""
        if not size:
            return []
        self.data.mkdir()
        apart = ["unshare", "--mount"] if os.geteuid() == 0 else ["unshare", "-r", "--mount"]
        if not root_is_mounted():  # in a plain chroot, whose maker decides what is seen outside
            apart += ["--propagation", "unchanged"]
        return apart + ["sh", "-ec", f'mount -t tmpfs -o size={size} tmpfs "$0"; exec "$@"',
                        str(self.data)]

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self.search_log()

    def search_log(self):
        """Fails when anything that it has logged, at the most talkative level, is a credential."""
        secrets = {self.key, *self.secrets}
        for name in ("api-key", "admin-token"):
            try:
                secrets.add((self.data / name).read_text().strip())
            except OSError:
                pass  # gone with the folder, or never made
        for line in self.said().splitlines():
            # The words for a person at a first start in a container are no log lines.
            if CONTAINER and not line.startswith("{"):
                continue
            for secret in secrets - {""}:
                assert secret not in line, "the log holds " + line.replace(secret, "SECRET")
            assert not CREDENTIAL.search(line), "the log holds what looks like a credential: " + line

    def ready(self):
        """Waits until it says where it listens."""
        until(lambda: self.ended() or (self.data / "endpoint.json").exists(), "endpoint.json")
        if self.ended():
            raise AssertionError(f"ended with {self.process.returncode}: {self.said()}")
        addresses = json.loads((self.data / "endpoint.json").read_text())
        self.url, self.admin = addresses["http"], addresses["admin"]
        if not self.key:
            self.key = (self.data / "api-key").read_text().strip()
        until(lambda: self.status("/health/ready") == 200, "/health/ready")
        return self

    def ended(self):
        return self.process.poll() is not None

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def on_terminal(self):
        """What a person at the terminal has seen so far, without colours."""
        while select.select([self.master], [], [], 0)[0]:
            try:
                self.shown += os.read(self.master, 65536)
            except OSError:  # the other end is closed
                break
        return re.sub(r"\x1b\[[0-9;]*[A-Za-z]|\r", "", self.shown.decode())

    def signal(self, number):
        self.process.send_signal(number)

    def stop(self):
        self.signal(signal.SIGTERM)
        return self.process.wait(DEADLINE)

    def status(self, path, base=None):
        return get((base or self.admin) + path)[0]

    def publish(self, base=None, channel="default/ops"):
        body = json.dumps({"channel": channel, "events": ['{"hello":"ops"}']}).encode()
        headers = {"content-type": "application/json", "x-api-key": self.key}
        return get((base or self.url) + "/event", body, headers)[0]

    def open_websocket(self):
        """An upgraded connection that has been acknowledged, as a bare socket."""
        host = self.url.removeprefix("http://")
        address, port = host.rsplit(":", 1)
        connection = socket.create_connection((address, int(port)), timeout=DEADLINE)
        credentials = json.dumps({"host": host, "x-api-key": self.key}).encode()
        encoded = base64.urlsafe_b64encode(credentials).decode().rstrip("=")
        connection.sendall((
            f"GET /event/realtime HTTP/1.1\r\nHost: {host}\r\nUpgrade: websocket\r\n"
            "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"
            f"Sec-WebSocket-Protocol: aws-appsync-event-ws, header-{encoded}\r\n\r\n").encode())
        received = b""
        while b"\r\n\r\n" not in received:
            received += connection.recv(4096)
        assert received.startswith(b"HTTP/1.1 101 "), received
        return connection


def root_is_mounted():
    """Whether `/` is a mount point of this process, so that its propagation can be changed."""
    mounts = pathlib.Path("/proc/self/mountinfo").read_text().splitlines()
    return any(line.split()[4] == "/" for line in mounts)


def get(url, body=None, headers=None):
    """Status and body; 0 when nobody answers."""
    request = urllib.request.Request(url, body, headers or {})
    try:
        with urllib.request.urlopen(request, timeout=DEADLINE) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as error:
        return error.code, error.read().decode()
    except (urllib.error.URLError, ConnectionError):
        return 0, ""


def close_code(connection):
    """Reads what is left and returns the code of the server's Close frame, None without one."""
    received = b""
    try:
        while chunk := connection.recv(4096):
            received += chunk
    except ConnectionError:
        pass
    while len(received) >= 2:
        opcode, length, begin = received[0] & 15, received[1] & 127, 2
        if length == 126:
            length, begin = int.from_bytes(received[2:4], "big"), 4
        if opcode == 8:
            return int.from_bytes(received[begin:begin + 2], "big")
        received = received[begin + length:]
    return None
