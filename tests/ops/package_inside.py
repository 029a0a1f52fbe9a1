"""Tries the Debian package in the bare system at argv[1], which has what the package depends on.

Runs in mount, process and network name spaces of its own (tests/ops/package.sh): its ports are free,
and nothing outlives it. systemd does not run there; where the maintainer scripts must speak to it, a
`systemctl` that writes down what it is told stands for it.
"""
import glob
import json
import os
import pathlib
import re
import signal
import stat
import subprocess
import sys
import time
import unittest
import urllib.error
import urllib.request

import documents
import spdx

ROOT = pathlib.Path(sys.argv[1])
DEB = pathlib.Path(glob.glob(str(ROOT / "root/eventsd_*.deb"))[0])
TARBALL = pathlib.Path(glob.glob(str(ROOT / "root/eventsd-*.tar.gz"))[0])
CONFIG = ROOT / "etc/eventsd/eventsd.yaml"
DATA = ROOT / "var/lib/eventsd"
TOLD = ROOT / "root/told"  # to systemctl


def chroot(*command, check=True, **more):
    environment = {"PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
                   "HOME": "/root", "LANG": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"}
    done = subprocess.run(["chroot", ROOT, *command], env=environment, capture_output=True,
                          text=True, timeout=120, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}")
    return done


def dpkg(*arguments):
    return chroot("dpkg", "--force-confold", *arguments)


def owner(path):
    """User, group and mode of a file of the bare system, by its own names."""
    users = {int(f[2]): f[0] for line in (ROOT / "etc/passwd").read_text().splitlines()
             if (f := line.split(":"))}
    groups = {int(f[2]): f[0] for line in (ROOT / "etc/group").read_text().splitlines()
              if (f := line.split(":"))}
    status = path.lstat()
    return users[status.st_uid], groups[status.st_gid], stat.S_IMODE(status.st_mode)


class Service:
    """What the unit would run, as its user."""

    def __enter__(self):
        unit = (ROOT / "usr/lib/systemd/system/eventsd.service").read_text()
        variables = dict(re.findall(r"^Environment=(\w+)=(.*)$", unit, re.M))
        command = re.search(r"^ExecStart=(.*)$", unit, re.M)[1].split()
        full = ["chroot", "--userspec=eventsd:eventsd", ROOT, "/usr/bin/env", "-i",
                *(f"{name}={value}" for name, value in variables.items()), *command]
        self.process = subprocess.Popen(full, stderr=subprocess.PIPE, stdout=subprocess.DEVNULL)
        end = time.monotonic() + 60
        while get("http://127.0.0.1:9464/health/ready")[0] != 200:
            if self.process.poll() is not None or time.monotonic() > end:
                self.process.kill()
                raise AssertionError(self.process.stderr.read().decode())
            time.sleep(0.05)
        self.key = (DATA / "api-key").read_text().strip()
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        code = self.process.wait(60)
        self.process.stderr.close()
        assert code == 0, code

    def publish(self, event):
        body = json.dumps({"channel": "default/package", "events": [json.dumps(event)]}).encode()
        return get("http://127.0.0.1:8080/event", body, self.key)[0]

    def history(self):
        status, body = get("http://127.0.0.1:8080/event/history?channel=default/package", None,
                           self.key)
        return [json.loads(event["event"]) for event in json.loads(body)["events"]]


def get(url, body=None, key=""):
    request = urllib.request.Request(
        url, body, {"content-type": "application/json", "x-api-key": key})
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, b""
    except OSError:
        return 0, b""


def newer():
    """The same package with a higher version."""
    folder = ROOT / "root/newer"
    subprocess.run(["dpkg-deb", "--raw-extract", DEB, folder], check=True)
    control = folder / "DEBIAN/control"
    control.write_text(re.sub(r"^(Version: .*)$", r"\1+1", control.read_text(), flags=re.M))
    subprocess.run(["dpkg-deb", "--root-owner-group", "-Znone", "--build", folder,
                    ROOT / "root/newer.deb"], check=True, capture_output=True)


def pretend_systemd(restarts="exit 0"):
    """As if systemd ran: what maintainer scripts look for, and a systemctl that takes notes."""
    (ROOT / "run/systemd/system").mkdir(parents=True, exist_ok=True)
    fake = ROOT / "usr/bin/systemctl"
    fake.write_text('#!/bin/sh\necho "$@" >>/root/told\n'
                    f'case "$*" in *is-enabled*) echo enabled;; *restart*) {restarts};; esac\n')
    fake.chmod(0o755)


def told():
    text = TOLD.read_text() if TOLD.exists() else ""
    TOLD.unlink(missing_ok=True)
    return text


class Package(unittest.TestCase):
    """One life of a package; the methods run in the order of their numbers."""

    def test_1_its_metadata_is_what_debian_expects(self):
        fields = dict(re.findall(r"^(\S+): (.*)$", chroot("dpkg-deb", "--field", f"/root/{DEB.name}")
                                 .stdout, re.M))
        self.assertEqual((fields["Package"], fields["Section"]), ("eventsd", "net"))
        for library in ("libssl3", "libsqlite3-0", "libyaml-cpp0.7", "libspdlog1.10", "libfmt9"):
            self.assertIn(library, fields["Depends"])
        listed = chroot("dpkg-deb", "--contents", f"/root/{DEB.name}").stdout
        for line in listed.splitlines():
            self.assertRegex(line, r"^\S+ root/root ")
        self.assertNotRegex(listed, r"\.(a|hpp|cmake)$")

    def test_2_installed_it_serves(self):
        dpkg("--install", f"/root/{DEB.name}")
        self.assertEqual(owner(DATA), ("eventsd", "eventsd", 0o700))
        self.assertEqual(owner(ROOT / "var/log/eventsd"), ("eventsd", "eventsd", 0o750))
        self.assertEqual(owner(CONFIG), ("root", "eventsd", 0o640))
        self.assertIn("nologin", chroot("getent", "passwd", "eventsd").stdout)
        conffiles = chroot("dpkg-query", "--show", "--showformat=${Conffiles}", "eventsd").stdout
        self.assertEqual(re.findall(r"^ (\S+)", conffiles, re.M),
                         ["/etc/eventsd/eventsd.yaml", "/etc/default/eventsd"])
        enabled = ROOT / "etc/systemd/system/multi-user.target.wants/eventsd.service"
        self.assertTrue(enabled.is_symlink())
        self.assertEqual(chroot("dpkg", "--verify", "eventsd").stdout, "")
        with Service() as service:
            self.assertEqual(service.publish("kept"), 200)
            type(self).key = service.key
            self.follow_the_manual()

    def follow_the_manual(self):
        """The commands of docs/OPERATIONS.md that need the service and no systemd."""
        sudo = ROOT / "usr/local/bin/sudo"
        sudo.write_text('#!/bin/sh\nexec "$@"\n')
        sudo.chmod(0o755)
        manual = pathlib.Path(__file__).resolve().parents[2] / "docs/OPERATIONS.md"
        mine = [block.text for block in documents.blocks(manual)
                if "the service: " in block.options.get("elsewhere", "")]
        self.assertEqual(len(mine), 2)  # the log level, the backup
        for text in mine:
            chroot("bash", "-euo", "pipefail", "-c", text)
        self.assertEqual(chroot("sqlite3", "/backup/events.db", "pragma integrity_check").stdout,
                         "ok\n")
        sudo.unlink()

    def test_3_installing_it_again_changes_nothing(self):
        before = (owner(DATA), owner(CONFIG), CONFIG.read_text())
        for _ in range(2):
            dpkg("--install", f"/root/{DEB.name}")
            chroot("/var/lib/dpkg/info/eventsd.postinst", "configure", "0.0.1")
        self.assertEqual((owner(DATA), owner(CONFIG), CONFIG.read_text()), before)

    def test_4_an_upgrade_keeps_data_configuration_and_what_the_administrator_decided(self):
        CONFIG.write_text(CONFIG.read_text() + "\nlog: { level: warn }\n")
        CONFIG.chmod(0o600)
        os.chown(CONFIG, 0, 0)
        chroot("chgrp", "eventsd", "/etc/eventsd/eventsd.yaml")
        CONFIG.chmod(0o640)
        DATA.chmod(0o750)
        newer()
        dpkg("--install", "/root/newer.deb")
        self.assertIn("level: warn", CONFIG.read_text())
        self.assertEqual(owner(DATA)[2], 0o750)
        self.assertRegex(chroot("dpkg-query", "--show", "eventsd").stdout, r"\+1$")
        with Service() as service:
            self.assertEqual(service.key, self.key)
            self.assertEqual(service.history(), ["kept"])

    def test_5_with_systemd_it_starts_restarts_and_stops_the_service(self):
        pretend_systemd()
        chroot("/var/lib/dpkg/info/eventsd.postinst", "configure", "")
        self.assertRegex(told(), r"(?s)daemon-reload.*\bstart\b.*eventsd\.service")
        chroot("/var/lib/dpkg/info/eventsd.postinst", "configure", "0.1.0")
        self.assertRegex(told(), r"(?s)daemon-reload.*\brestart\b.*eventsd\.service")
        chroot("/var/lib/dpkg/info/eventsd.prerm", "upgrade", "0.2.0")
        self.assertNotIn("stop", told())
        chroot("/var/lib/dpkg/info/eventsd.prerm", "remove")
        self.assertRegex(told(), r"\bstop\b.*eventsd\.service")
        # A service that does not start leaves the package configured.
        pretend_systemd(restarts="exit 1")
        done = chroot("/var/lib/dpkg/info/eventsd.postinst", "configure", "0.1.0")
        self.assertIn("eventsd doctor", done.stderr)
        (ROOT / "run/systemd/system").rmdir()
        (ROOT / "usr/bin/systemctl").unlink()

    def test_6_removed_it_leaves_data_and_configuration(self):
        dpkg("--remove", "eventsd")
        self.assertFalse((ROOT / "usr/bin/eventsd").exists())
        self.assertFalse((ROOT / "usr/lib/systemd/system/eventsd.service").exists())
        self.assertTrue((DATA / "events.db").exists())
        self.assertTrue(CONFIG.exists())
        dpkg("--install", "/root/newer.deb")
        with Service() as service:
            self.assertEqual((service.key, service.history()), (self.key, ["kept"]))

    def test_7_purged_it_leaves_nothing_but_its_user(self):
        (ROOT / "etc/eventsd/own.pem").write_text("the administrator's")
        dpkg("--purge", "eventsd")
        left = [path for folder in ("etc", "usr", "var/lib", "var/log")
                for path in (ROOT / folder).rglob("*eventsd*")]
        self.assertEqual([str(path.relative_to(ROOT)) for path in left], ["etc/eventsd"])
        self.assertEqual(os.listdir(ROOT / "etc/eventsd"), ["own.pem"])
        self.assertEqual(chroot("getent", "passwd", "eventsd").returncode, 0)
        dpkg("--purge", "eventsd")  # again

    def test_8_the_tarball_runs_where_it_is_unpacked(self):
        chroot("tar", "-C", "/root", "-xzf", f"/root/{TARBALL.name}")
        name = TARBALL.name.removesuffix(".tar.gz")
        said = chroot(f"/root/{name}/bin/eventsd", "version").stdout
        self.assertRegex(said, r"^eventsd \d+\.\d+\.\d+\n")
        self.assertTrue((ROOT / "root" / name / "share/doc/eventsd/eventsd.yaml").exists())
        listed = chroot("tar", "--numeric-owner", "-tvzf", f"/root/{TARBALL.name}").stdout
        times = {tuple(line.split()[3:5]) for line in listed.splitlines()}
        self.assertEqual(len(times), 1)  # SOURCE_DATE_EPOCH
        self.assertEqual({line.split()[1] for line in listed.splitlines()}, {"0/0"})

    def test_9_the_list_of_parts_is_spdx_and_true(self):
        document = json.loads(next((ROOT / "root").glob("eventsd-*.spdx.json")).read_text())
        spdx.check(self, document)
        names = {part["name"]: part for part in document["packages"]}
        self.assertLessEqual({"libssl3", "libsqlite3-0", "libboost1.81-dev", "libquickjs"},
                             names.keys())
        # The versions that it was built with are those of the same release that it runs on.
        self.assertNotIn("libgtest-dev", names)


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Package)
    result = unittest.TextTestRunner(verbosity=2, failfast=True).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{max(result.testsRun - failed, 0)} passed, {failed} failed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
