"""Starts and stops the servers that are measured or stressed: eventsd and the floor program."""
import json
import os
import signal
import subprocess
import tempfile
import time

API_KEY = "da2-benchbenchbenchbenchbench01"

CONFIG = """\
listen: ["127.0.0.1:0"]
admin: {{ listen: "127.0.0.1:0" }}
dataDir: {data_dir}
threads: {threads}
log: {{ level: warn, format: text }}
drainTimeout: 1s
{tls}
api:
  name: bench
  authProviders: [ {{ authType: API_KEY }} ]
  connectionAuthModes: [ API_KEY ]
  defaultPublishAuthModes: [ API_KEY ]
  defaultSubscribeAuthModes: [ API_KEY ]
  apiKeys: [ {{ id: {api_key} }} ]
  channelNamespaces:
{namespaces}
limits:
  publishesPerSecondPerConnection: 0
{limits}
"""

HISTORY = "{ maxAge: 7d, maxEventsPerChannel: 100000000, maxBytes: 8GiB, read: subscribe }"


class ServerFailed(Exception):
    """A server did not start, or ended by itself."""


def pinned(command, core):
    return command if core is None else ["taskset", "-c", str(core)] + command


class Server:
    """A process of ours. stop() ends that process alone, by its pid."""

    def __init__(self):
        self.process = None
        self.log = None

    @property
    def pid(self):
        return self.process.pid

    def launch(self, command, core, stdout=None, env=None):
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(pinned(command, core), stdin=subprocess.DEVNULL,
                                        stdout=stdout or self.log, stderr=self.log, env=env)

    def output(self):
        self.log.seek(0)
        return self.log.read()[-4000:].decode(errors="replace")

    def stop(self, how=signal.SIGTERM, seconds=15):
        """Returns the exit status; kills after `seconds`."""
        if self.process.poll() is None:
            self.process.send_signal(how)
            try:
                self.process.wait(seconds)
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
        if self.process.stdout:
            self.process.stdout.close()
        return self.process.returncode

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()


def make_certificate(folder):
    """A self-signed P-256 certificate for 127.0.0.1; the paths of certificate and key."""
    certificate, key = os.path.join(folder, "bench.crt"), os.path.join(folder, "bench.key")
    if not os.path.exists(certificate):
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", "2", "-subj",
                        "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1",
                        "-keyout", key, "-out", certificate],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return certificate, key


class Floor(Server):
    """The floor program; with `certificate` (and key) the one that speaks TLS."""
    name = "floor"

    def __init__(self, program, core=None, certificate=None):
        super().__init__()
        self.launch([program, *(certificate or ())], core, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            raise ServerFailed("the floor program did not start: " + self.output())
        self.url = ("https://" if certificate else "http://") + line.split()[1]
        self.api_key = "none"


class Eventsd(Server):
    """eventsd on a data directory; start() again after stop() for a restart on the same data."""
    name = "eventsd"

    def __init__(self, program, data_dir, threads=1, core=None, limits=(), namespaces=None,
                 certificate=None, env=None, config=None):
        """limits: lines "name: value"; namespaces: {name: history mapping text or None};
        certificate: paths of certificate and key, for TLS; env: additions to the environment;
        config: a file instead of the one that these make."""
        super().__init__()
        self.program, self.data_dir, self.core = program, data_dir, core
        self.api_key, self.env = API_KEY, env or {}
        os.makedirs(data_dir, exist_ok=True)
        self.config = config or os.path.join(data_dir, "bench.yaml")
        if config:
            self.start()
            return
        namespaces = namespaces or {"default": None, "kept": HISTORY}
        with open(self.config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(
                tls="tls: {{ certificate: {}, privateKey: {} }}".format(*certificate)
                if certificate else "",
                data_dir=data_dir, threads=threads, api_key=API_KEY,
                namespaces="\n".join(
                    f"    - {{ name: {name}" + (f", history: {history}" if history else "") + " }"
                    for name, history in namespaces.items()),
                limits="\n".join("  " + line for line in limits)))
        self.start()

    def start(self, seconds=60):
        endpoint = os.path.join(self.data_dir, "endpoint.json")
        if os.path.exists(endpoint):
            os.remove(endpoint)  # of a run that was killed
        env = {k: v for k, v in os.environ.items() if not k.startswith("EVENTSD_")} | self.env
        self.launch([self.program, "serve", "--config", self.config], self.core, env=env)
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise ServerFailed(f"eventsd ended with {self.process.returncode}: "
                                   + self.output())
            try:
                with open(endpoint, encoding="utf-8") as file:
                    found = json.load(file)
                self.url, self.admin_url = found["http"], found.get("admin", "")
                return
            except (FileNotFoundError, ValueError, KeyError):
                time.sleep(0.02)
        self.stop(signal.SIGKILL)
        raise ServerFailed("eventsd was not ready in time: " + self.output())
