"""Does with the installed service what an administrator does, in a system that systemd has booted.

tests/ops/systemd.sh makes that system and starts this as root in /root, beside build/packages, docs and
tests/ops. The tests are one story; they run in the order of their numbers. Everything is slow here.
"""
import glob
import json
import os
import pathlib
import re
import shutil
import signal
import subprocess
import sys
import time
import unittest

import documents
import process

process.DEADLINE = 120
UNIT = "eventsd.service"
CONFIG = pathlib.Path("/etc/eventsd/eventsd.yaml")
DATA = pathlib.Path("/var/lib/eventsd")
DROP_IN = pathlib.Path("/etc/systemd/system/eventsd.service.d/50-test.conf")
TARBALL = glob.glob("/root/build/packages/eventsd-*.tar.gz")[0]
ADMIN = "http://127.0.0.1:9464"
HANDLER = """
import { util } from '@aws-appsync/utils';
import * as ddb from '@aws-appsync/utils/dynamodb';
export const onPublish = {
  request(ctx) {
    if (ctx.events[0].payload.spin) for (const a of [1]) for (const b of 'x'.repeat(1e6)) for (const c of 'x'.repeat(1e6)) {}
    return ddb.put({ key: { channel: ctx.info.channel.path }, item: { said: ctx.events[0].payload } });
  },
  response(ctx) {
    if (ctx.error) util.error(ctx.error.message, ctx.error.type);
    return ctx.events.map(({ id, payload }) => ({ id, payload: { handled: payload } }));
  },
};
"""
HANDLED = """
dataDir: /var/lib/eventsd
api:
  channelNamespaces:
    - { name: default, history: {} }
    - name: code
      history: {}
      codeHandlers: /etc/eventsd/handler.js
      handlerConfigs: { onPublish: { behavior: CODE, integration: { dataSourceName: said } } }
  dataSources:
    - { name: said, type: AMAZON_DYNAMODB, dynamodbConfig: { tableName: said } }
dynamodb:
  tables: [ { name: said, partitionKey: "channel:S" } ]
"""


def run(*command, check=True, **more):
    done = subprocess.run(command, capture_output=True, text=True, timeout=process.DEADLINE, **more)
    if check and done.returncode != 0:
        raise AssertionError(f"{command}: {done.returncode}\n{done.stdout}{done.stderr}\n{journal()}")
    return done


def shell(text):
    return run("bash", "-euo", "pipefail", "-c", text, cwd="/root").stdout


def journal(*more):
    return subprocess.run(["journalctl", "--no-pager", "-u", UNIT, "-o", "cat", *more],
                          capture_output=True, text=True, timeout=60).stdout


def shown(name):
    return run("systemctl", "show", "--value", "--property", name, UNIT).stdout.strip()


def systemctl(*arguments, check=True):
    return run("systemctl", *arguments, check=check)


def documented(*words):
    """The commands of docs/OPERATIONS.md that hold all of the words and are said to run here."""
    found = [block.text for block in documents.blocks(pathlib.Path("/root/docs/OPERATIONS.md"))
             if block.language == "sh" and "systemd.sh" in block.options.get("elsewhere", "")
             and all(word in block.text for word in words)]
    assert len(found) == 1, (words, found)
    return found[0]


def ready():
    return process.until(lambda: process.get(ADMIN + "/health/ready")[0] == 200, "ready: " + journal())


def key():
    return (DATA / "api-key").read_text().strip()


def publish(event, channel="default/unit", port=8080):
    body = json.dumps({"channel": channel, "events": [json.dumps(event)]}).encode()
    headers = {"content-type": "application/json", "x-api-key": key()}
    return process.get(f"http://127.0.0.1:{port}/event", body, headers)


def history(channel="default/unit", port=8080):
    url = f"http://127.0.0.1:{port}/event/history?channel={channel}"
    return [json.loads(event["event"]) for event in
            json.loads(process.get(url, headers={"x-api-key": key()})[1])["events"]]


def status_of(pid):
    text = pathlib.Path(f"/proc/{pid}/status").read_text()
    return dict(line.split(":\t", 1) for line in text.splitlines() if ":\t" in line)


def children(pid):
    return [int(one) for path in glob.glob(f"/proc/{pid}/task/*/children")
            for one in pathlib.Path(path).read_text().split()]


def configure(text, handler=None):
    CONFIG.parent.mkdir(exist_ok=True)
    CONFIG.write_text(text)
    if handler:
        path = CONFIG.parent / "handler.js"
        path.write_text(handler)
        path.chmod(0o644)


def drop_in(text):
    DROP_IN.parent.mkdir(parents=True, exist_ok=True)
    DROP_IN.write_text(text)
    systemctl("daemon-reload")


class Unit(unittest.TestCase):
    maxDiff = None

    def serves(self):
        ready()
        self.assertEqual(shown("ActiveState"), "active", journal())

    def handles(self, event):
        """A publish that a handler changes, and that it has kept in a table."""
        status, body = publish(event, "code/unit")
        self.assertEqual((status, json.loads(body)["failed"]), (200, []), body + journal())
        self.assertEqual(history("code/unit")[-1], {"handled": event})

    def test_01_installed_as_documented_it_runs(self):
        shell(documented("apt install"))
        self.serves()
        self.assertEqual(shown("Type"), "notify")
        self.assertEqual(systemctl("is-enabled", UNIT).stdout.strip(), "enabled")
        self.assertRegex(systemctl("status", "--no-pager", UNIT).stdout, r"Status: \"0 connections")
        said = shell(documented("enable --now eventsd", "journalctl"))
        self.assertIn(key(), said)

    def test_02_it_may_do_little(self):
        pid = shown("MainPID")
        status = status_of(pid)
        user = run("id", "-u", "eventsd").stdout.strip()
        self.assertEqual(set(status["Uid"].split()), {user})
        for name in ("CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"):
            self.assertEqual(int(status[name], 16), 0, name)
        self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))
        writable = [line.split()[4] for line in
                    pathlib.Path(f"/proc/{pid}/mountinfo").read_text().splitlines()
                    if line.split()[5].startswith("rw")
                    and not line.split()[4].startswith(("/proc", "/sys", "/dev", "/run"))]
        self.assertEqual(sorted(writable), ["/tmp", "/var/lib/eventsd", "/var/log/eventsd", "/var/tmp"])
        exposure = run("systemd-analyze", "security", "--no-pager", UNIT).stdout
        level = float(re.search(r"exposure level for eventsd.service: ([\d.]+)", exposure)[1])
        self.assertLess(level, 2.0, exposure)
        verified = run("systemd-analyze", "verify", UNIT, "eventsd.socket", check=False)
        self.assertEqual((verified.returncode, verified.stderr), (0, ""))

    def test_03_publish_and_history_work(self):
        self.assertEqual(publish("kept")[0], 200)
        self.assertEqual(history(), ["kept"])

    def test_04_a_reload_takes_a_handler_that_runs_inside_the_restrictions(self):
        configure(HANDLED, HANDLER)
        pid = shown("MainPID")
        systemctl("reload", UNIT)
        process.until(lambda: publish({"n": 0}, "code/first")[0] == 200, "the handler: " + journal())
        self.handles({"n": 1})
        self.assertEqual(shown("MainPID"), pid)
        workers = children(pid)
        self.assertTrue(workers)
        for worker in workers:
            status = status_of(worker)
            self.assertEqual((status["NoNewPrivs"], status["Seccomp"]), ("1", "2"))

    def test_05_a_handler_that_spins_is_stopped_and_the_next_call_answered(self):
        status, body = publish({"spin": True}, "code/unit")
        self.assertNotEqual((status, '"failed":[]' in body), (200, True), body)
        process.until(lambda: publish({"n": 2}, "code/unit")[0] == 200, "another worker")
        self.handles({"n": 3})

    def test_06_evaluate_works_for_the_user_of_the_service(self):
        context = json.dumps({"events": [{"id": "1", "payload": 1}],
                              "info": {"channel": {"path": "/code/a"}, "operation": "PUBLISH"}})
        done = run("sudo", "-u", "eventsd", "eventsd", "evaluate", "/etc/eventsd/handler.js",
                   "--context", context, "--function", "onPublish.request", check=False)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_07_a_faulty_file_is_refused_at_a_reload_and_at_a_start(self):
        good = CONFIG.read_text()
        configure(good + "limitz: {}\n")
        systemctl("reload", UNIT)
        process.until(lambda: "limitz" in journal(), "the complaint")
        faults = journal().count("limitz")
        self.handles({"n": 4})
        self.assertNotEqual(systemctl("restart", UNIT, check=False).returncode, 0)
        self.assertEqual(shown("ActiveState"), "failed")
        time.sleep(3)  # for restarts that must not come
        self.assertEqual((shown("ActiveState"), shown("NRestarts")), ("failed", "0"))
        self.assertEqual(journal().count("limitz"), faults + 1)
        self.assertRegex(journal(), r"eventsd\.yaml:\d+:\d+: .*limitz")
        configure(good)
        systemctl("reset-failed", UNIT)
        systemctl("start", UNIT)
        self.handles({"n": 5})

    def test_08_killed_it_comes_back_with_its_data(self):
        os.kill(int(shown("MainPID")), signal.SIGKILL)
        process.until(lambda: shown("NRestarts") == "1", "the restart")
        self.serves()
        self.assertEqual(history(), ["kept"])

    def test_09_hanging_it_is_ended_by_the_watchdog(self):
        drop_in("[Service]\nWatchdogSec=10s\nTimeoutAbortSec=3s\nLimitCORE=0\n")
        systemctl("restart", UNIT)
        self.serves()
        time.sleep(12)  # what is tested is that time passes and nothing happens
        self.assertEqual(shown("NRestarts"), "0", journal())
        os.kill(int(shown("MainPID")), signal.SIGSTOP)
        process.until(lambda: shown("NRestarts") == "1", "the watchdog")
        self.serves()
        self.assertIn("Watchdog timeout", journal())
        DROP_IN.unlink()
        systemctl("daemon-reload")
        systemctl("restart", UNIT)
        self.serves()

    def test_10_stopping_drains(self):
        daemon = process.Daemon.__new__(process.Daemon)
        daemon.url, daemon.key = "http://127.0.0.1:8080", key()
        connections = [daemon.open_websocket() for _ in range(3)]
        process.until(lambda: '3 connections' in shown("StatusText"), "the status line")
        begin = time.monotonic()
        systemctl("stop", UNIT)
        self.assertLess(time.monotonic() - begin, 29)
        self.assertEqual([process.close_code(one) for one in connections], [1012] * 3)
        self.assertEqual((shown("Result"), shown("ExecMainStatus"), shown("ActiveState")),
                         ("success", "0", "inactive"))
        systemctl("start", UNIT)
        self.serves()

    def test_11_its_lines_in_the_journal_are_json_and_hold_no_secret(self):
        lines = run("journalctl", "--no-pager", "-u", UNIT, "-o", "json").stdout.splitlines()
        seen = 0
        for line in lines:
            entry = json.loads(line)
            if entry.get("_COMM") != "eventsd" or "serve" not in entry.get("_CMDLINE", ""):
                continue
            if entry["MESSAGE"].startswith(f"{CONFIG}:"):
                continue  # a fault of the file, at a start: it ends before it knows log.format
            seen += 1
            record = json.loads(entry["MESSAGE"])
            self.assertLessEqual({"time", "level", "msg"}, record.keys())
        self.assertGreater(seen, 10)
        for secret in (key(), (DATA / "admin-token").read_text().strip()):
            self.assertNotIn(secret, journal())

    def test_12_the_commands_of_the_document_do_what_they_say(self):
        shell(documented("log-level"))
        pathlib.Path("/backup").mkdir(exist_ok=True)
        shell(documented(".backup"))
        rows = run("sqlite3", "/backup/events.db", "pragma integrity_check").stdout
        self.assertEqual(rows, "ok\n")
        doctor = run("sudo", "-u", "eventsd", "eventsd", "doctor", check=False)
        self.assertEqual(doctor.returncode, 0, doctor.stdout)
        self.assertIn("eventsd that runs", doctor.stdout)

    def test_13_with_the_socket_a_low_port_and_a_restart_that_refuses_nobody(self):
        shell(documented("eventsd.socket.d"))
        self.serves()
        self.assertEqual(publish("low", port=443)[0], 200)
        systemctl("stop", UNIT)
        waiting = subprocess.Popen(["curl", "-s", "-H", f"x-api-key: {key()}", "-m", "120",
                                    "http://127.0.0.1:443/event/history?channel=default/unit"],
                                   stdout=subprocess.PIPE, text=True)
        self.assertIn("low", waiting.communicate(timeout=process.DEADLINE)[0])
        self.serves()  # the connection has started it
        self.handles_on(443)
        systemctl("disable", "--now", "eventsd.socket")
        shutil.rmtree("/etc/systemd/system/eventsd.socket.d")
        systemctl("daemon-reload")
        systemctl("restart", UNIT)
        self.serves()

    def handles_on(self, port):
        status, body = publish({"n": 6}, "code/unit", port)
        self.assertEqual((status, json.loads(body)["failed"]), (200, []))

    def test_14_an_upgrade_restarts_it_and_a_purge_removes_it(self):
        before = shown("MainPID")
        package = glob.glob("/root/build/packages/*.deb")[0]
        run("dpkg", "--force-confold", "-i", package)
        self.serves()
        self.assertNotEqual(shown("MainPID"), before)
        self.assertIn("kept", history())
        run("dpkg", "--purge", "eventsd")
        self.assertEqual(systemctl("is-active", UNIT, check=False).stdout.strip(), "inactive")
        self.assertFalse(DATA.exists())
        self.assertEqual(systemctl("is-failed", UNIT, check=False).stdout.strip(), "inactive")

    def test_15_from_the_build_folder_its_user_is_made_for_the_time_it_runs(self):
        run("userdel", "eventsd")
        shutil.rmtree(CONFIG.parent, ignore_errors=True)
        shell(f"tar -C /usr --strip-components=1 -xzf {TARBALL}")
        systemctl("daemon-reload")
        systemctl("start", UNIT)
        self.serves()
        self.assertEqual(DATA.resolve(), pathlib.Path("/var/lib/private/eventsd"))
        self.assertEqual(publish("kept")[0], 200)
        configure(HANDLED, HANDLER)
        systemctl("restart", UNIT)
        self.handles({"n": 7})
        self.assertIn("kept", history())

    def test_16_the_package_takes_over_what_that_one_has_kept(self):
        saved = CONFIG.read_text()
        package = glob.glob("/root/build/packages/*.deb")[0]
        run("dpkg", "--force-confold", "-i", package)
        CONFIG.write_text(saved)
        systemctl("restart", UNIT)
        self.handles({"n": 8})
        self.assertIn("kept", history())
        self.assertFalse(DATA.is_symlink())


def main():
    suite = unittest.defaultTestLoader.loadTestsFromTestCase(Unit)
    result = unittest.TextTestRunner(verbosity=2, stream=sys.stdout).run(suite)
    failed = len(result.failures) + len(result.errors)
    print(f"{max(result.testsRun - failed, 0)} passed, {failed} failed", flush=True)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
