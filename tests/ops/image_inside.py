"""Tries the image whose file system is mounted at argv[1], whose description is argv[2], and which
was built from the commit argv[3]; argv[4] lists its parts.

Runs in mount, process and network name spaces of its own (tests/ops/image.sh), so that the image's
fixed ports are free and nothing outlives it.
"""
import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import spdx

ROOT = pathlib.Path(sys.argv[1])
DOCKER = json.loads(pathlib.Path(sys.argv[2]).read_text())["Docker"]["config"]
OTHER_ADDRESS = "192.0.2.1"  # not loopback: how another container reaches this one
COMMIT = sys.argv[3]
PARTS = json.loads(pathlib.Path(sys.argv[4]).read_text())
GRACE = 30  # stop_grace_period of compose.yaml
USER, GROUP = (int(number) for number in DOCKER["User"].split(":"))


def enter():
    """In the child: what an engine does before it runs a command of the image."""
    os.chroot(ROOT)
    os.chdir(DOCKER["WorkingDir"])
    os.setgroups([])
    os.setgid(GROUP)
    os.setuid(USER)


def start(command, **more):
    environment = dict(entry.split("=", 1) for entry in DOCKER["Env"])
    return subprocess.Popen(command, preexec_fn=enter, env=environment, text=True, **more)


def run(*command):
    process = start(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
    out, _ = process.communicate(timeout=60)
    return process.returncode, out


def serve():
    """The image's own entry point and command, ready when its health check says so."""
    log = tempfile.TemporaryFile("w+")
    daemon = start(DOCKER["Entrypoint"] + DOCKER["Cmd"], stdout=log, stderr=subprocess.STDOUT)
    daemon.log = log
    deadline = time.monotonic() + 30
    while run(*healthcheck())[0] != 0:
        if daemon.poll() is not None or time.monotonic() > deadline:
            raise AssertionError(f"not ready: {said(daemon)}")
        time.sleep(0.1)
    return daemon


def said(daemon):
    daemon.log.seek(0)
    return daemon.log.read()


def healthcheck():
    kind, *command = DOCKER["Healthcheck"]["Test"]
    assert kind == "CMD", "the check must not need a shell"
    return command


class Image(unittest.TestCase):
    def test_runs_as_an_unprivileged_user(self):
        self.assertGreaterEqual(USER, 1000)
        self.assertGreaterEqual(GROUP, 1000)

    def test_has_every_library_that_the_binary_needs(self):
        code, out = run("ldd", "/usr/bin/eventsd")
        self.assertEqual(code, 0, out)
        self.assertNotIn("not found", out)

    def test_holds_no_compiler_and_no_headers(self):
        for name in ("clang-19", "cmake", "ninja", "cc", "git"):
            self.assertFalse((ROOT / "usr/bin" / name).exists(), name)
        self.assertFalse((ROOT / "usr/include/openssl").exists())
        self.assertFalse((ROOT / "build").exists())

    def test_takes_less_than_60_megabytes_to_pull(self):
        # The base here is debootstrap's, which has what Debian's slim image leaves out.
        slim = [f"--exclude=./{name}" for name in (
            "usr/share/doc", "usr/share/man", "usr/share/locale", "usr/share/info",
            "usr/share/lintian", "var/cache", "proc", "dev", "sys")]
        tar = subprocess.Popen(["tar", "-C", ROOT, *slim, "-cf", "-", "."], stdout=subprocess.PIPE)
        packed = subprocess.Popen(["gzip", "-6"], stdin=tar.stdout, stdout=subprocess.PIPE)
        size = sum(len(chunk) for chunk in iter(lambda: packed.stdout.read(1 << 20), b""))
        packed.stdout.close()
        self.assertEqual((packed.wait(), tar.wait()), (0, 0))
        print(f"{size / 1e6:.1f} MB compressed", end=" ")
        self.assertLess(size, 60e6)

    def test_the_list_of_its_parts_is_spdx_and_whole(self):
        spdx.check(self, PARTS)
        status = (ROOT / "var/lib/dpkg/status").read_text()
        installed = {re.search(r"^Package: (\S+)", one, re.M)[1] for one in status.split("\n\n")
                     if "Status: install ok installed" in one}
        self.assertEqual({part["name"] for part in PARTS["packages"]},
                         installed | {"eventsd", "eventsd-image"})

    def test_publishes_only_the_public_port(self):
        self.assertEqual(list(DOCKER["ExposedPorts"]), ["8080/tcp"])

    def test_keeps_its_data_in_the_volume_of_its_user(self):
        self.assertIn("/var/lib/eventsd", DOCKER["Volumes"])
        status = (ROOT / "var/lib/eventsd").stat()
        self.assertEqual((status.st_uid, status.st_gid), (USER, GROUP))

    def test_says_its_version_and_commit(self):
        code, out = run("eventsd", "version")
        self.assertEqual(code, 0, out)
        self.assertRegex(out, r"^eventsd \d+\.\d+\.\d+\n")
        self.assertIn(f"\ncommit {COMMIT}", out)

    def test_the_health_check_fails_while_nothing_runs(self):
        self.assertEqual(run(*healthcheck())[0], 1)

    def test_serves_publishes_and_stops_in_the_grace_period(self):
        for attempt in ("first start", "second start"):
            with self.subTest(attempt):
                daemon = serve()
                try:
                    key = (ROOT / "var/lib/eventsd/api-key").read_text().strip()
                    self.assertRegex(key, r"^da2-[a-z0-9]{26}$")
                    answer = publish("http://127.0.0.1:8080/event", key)
                    self.assertEqual(len(answer["successful"]), 1)
                    self.assertEqual(publish_status("http://127.0.0.1:8080/event", "da2-wrong"), 401)
                finally:
                    daemon.send_signal(signal.SIGTERM)
                    self.assertEqual(daemon.wait(GRACE), 0)
                output = said(daemon)
                if attempt == "first start":
                    self.assertIn(key, output)  # a container's log is where its user finds it
                    first = key
                else:
                    self.assertEqual(key, first)
                    self.assertNotIn(key, output)

    def test_the_admin_port_is_not_on_other_addresses(self):
        daemon = serve()
        try:
            with self.assertRaises(OSError) as refused:
                urllib.request.urlopen(f"http://{OTHER_ADDRESS}:9464/health/live", timeout=5)
            self.assertNotIsInstance(refused.exception, urllib.error.HTTPError)
            # The same address serves the public port, so the refusal says something.
            with self.assertRaises(urllib.error.HTTPError):
                urllib.request.urlopen(f"http://{OTHER_ADDRESS}:8080/nothing-here", timeout=5)
        finally:
            daemon.send_signal(signal.SIGTERM)
            self.assertEqual(daemon.wait(GRACE), 0)


def publish(url, key):
    body = json.dumps({"channel": "default/image", "events": ['{"hello":"image"}']}).encode()
    request = urllib.request.Request(
        url, body, {"content-type": "application/json", "x-api-key": key})
    with urllib.request.urlopen(request, timeout=10) as answer:
        return json.load(answer)


def publish_status(url, key):
    try:
        publish(url, key)
    except urllib.error.HTTPError as error:
        return error.code
    return 200


def main():
    subprocess.run(["ip", "link", "set", "lo", "up"], check=True)
    subprocess.run(["ip", "addr", "add", f"{OTHER_ADDRESS}/32", "dev", "lo"], check=True)
    subprocess.run(["mount", "-t", "proc", "proc", ROOT / "proc"], check=True)
    subprocess.run(["mount", "--rbind", "/dev", ROOT / "dev"], check=True)
    (ROOT / ".dockerenv").touch()  # as the engine does
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Image)
    result = unittest.TextTestRunner(verbosity=2).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{max(result.testsRun - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
