"""Starts the daemon with one of the configurations of variants.json, in a directory of its own."""

import copy
import datetime
import json
import os
import pathlib
import random
import signal
import string
import subprocess
import tempfile
import time

import function

_HERE = pathlib.Path(__file__).resolve().parent


def make_api_key():
    return "da2-" + "".join(random.choices(string.ascii_lowercase + string.digits, k=26))


def load_variants():
    return json.loads((_HERE / "variants.json").read_text())


def _merge(base, change):
    if isinstance(base, dict) and isinstance(change, dict):
        return {k: _merge(base[k], change[k]) if k in base and k in change
                else copy.deepcopy(change.get(k, base.get(k))) for k in {**base, **change}}
    return copy.deepcopy(change)


def _fill(value, names):
    if isinstance(value, dict):
        return {k: _fill(v, names) for k, v in value.items()}
    if isinstance(value, list):
        return [_fill(v, names) for v in value]
    return names.get(value, value) if isinstance(value, str) else value


class Daemon:
    """One daemon process. `secrets` are texts that must never show up in its log."""

    def __init__(self, binary, variant="default", deadline=60):
        variants = load_variants()
        self._binary, self._deadline = binary, deadline
        self._directory = tempfile.TemporaryDirectory(prefix="eventsd-transcripts-")
        self.directory = pathlib.Path(self._directory.name)
        self.key, self.short_key = make_api_key(), make_api_key()
        self.secrets = [self.key, self.short_key]
        soon = datetime.datetime.now(datetime.timezone.utc) + datetime.timedelta(seconds=6)
        config = _merge(variants["default"], variants[variant] if variant != "default" else {})
        uses_function = "{{function}}" in json.dumps(config)
        self.function = function.Function() if uses_function else None
        config = _fill(config, {
            **({"{{function}}": self.function.url} if self.function else {}),
            "{{key}}": self.key, "{{short_key}}": self.short_key,
            "{{data}}": str(self.directory / "data"),
            **{f"{{{{handlers/{file.name}}}}}": str(file) for file in (_HERE / "handlers").iterdir()},
            "{{soon}}": soon.strftime("%Y-%m-%dT%H:%M:%SZ")})
        self._config = self.directory / "eventsd.yaml"
        self._config.write_text(json.dumps(config, indent=1))  # JSON is YAML
        self._log = open(self.directory / "log", "ab")
        self.process = None
        self.start()

    @property
    def data(self):
        return self.directory / "data"

    def start(self):
        endpoint = self.data / "endpoint.json"
        endpoint.unlink(missing_ok=True)
        environment = {k: v for k, v in os.environ.items() if not k.startswith("EVENTSD_")}
        self._stopping = False
        self.process = subprocess.Popen(
            [self._binary, "serve", "--config", str(self._config)], cwd=self.directory,
            env=environment, stdin=subprocess.DEVNULL, stdout=self._log, stderr=self._log)
        end = time.monotonic() + self._deadline
        while True:
            if self.process.poll() is not None:
                code = self.process.returncode
                raise RuntimeError(f"the daemon ended with {code}:\n{self.log()}")
            try:
                addresses = json.loads(endpoint.read_text())
                self.url, self.admin = addresses["http"], addresses["admin"]
                return
            except (FileNotFoundError, ValueError):
                if time.monotonic() > end:
                    raise RuntimeError(f"the daemon was not ready in time:\n{self.log()}")
                time.sleep(0.02)  # polls for a file of another process

    def log(self):
        return (self.directory / "log").read_text(errors="replace")

    def wipe(self):
        for path in sorted(self.data.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() and not path.is_symlink() else path.unlink()

    def signal(self, name):
        self._stopping = name == "TERM"
        os.kill(self.process.pid, getattr(signal, "SIG" + name))

    def wait(self):
        return self.process.wait(self._deadline)

    def stop(self):
        """Stops it; returns what is wrong with its end or its log, or None."""
        problem = None
        if self.process.poll() is None:
            if not self._stopping:  # a second signal would cut the orderly end short
                self.signal("TERM")
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()
                problem = "the daemon did not stop on SIGTERM"
        if problem is None and self.process.returncode != 0:
            problem = f"the daemon ended with {self.process.returncode}:\n{self.log()[-3000:]}"
        if self.function:
            self.function.stop()
        log = self.log()
        leaked = [s for s in self.secrets if s in log]
        if leaked:
            line = next(l for l in log.splitlines() if leaked[0] in l)
            problem = f"the log holds a credential: {line.replace(leaked[0], 'SECRET')[:300]}"
        self._log.close()
        self._directory.cleanup()
        return problem
