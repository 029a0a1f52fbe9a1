"""Backup and restore as docs/OPERATIONS.md describes them."""
import json
import os
import pathlib
import re
import shutil
import subprocess
import tempfile
import unittest

import process

MANUAL = (pathlib.Path(__file__).resolve().parents[2] / "docs/OPERATIONS.md").read_text()


def manual_command(pattern, folder):
    """A command of the manual, for a data directory in `folder`."""
    command = re.search(pattern, MANUAL, re.M | re.S).group(0)
    return command.replace("/var/lib/eventsd", f"{folder}/eventsd-data").replace(
        "/backup/", f"{folder}/backup/")


class Backup(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)
        (self.folder / "backup").mkdir()

    def daemon(self):
        daemon = process.Daemon(self.folder)
        self.addCleanup(daemon.__exit__)
        return daemon.ready()

    def shell(self, command):
        done = subprocess.run(["sh", "-ec", command], capture_output=True, text=True,
                              timeout=process.DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)

    def back_up_and_restore(self):
        """Two events, a live backup, a third event, the backup restored. Returns the cursor that a
        client had before, and the daemon."""
        daemon = self.daemon()
        for _ in range(2):
            self.assertEqual(daemon.publish(), 200)
        self.shell(manual_command(r"^for db in .*?^cp -p [^\n]*", self.folder))
        self.assertEqual(daemon.publish(), 200)
        cursor = self.history(daemon)["cursor"]
        self.assertEqual(daemon.stop(), 0)
        shutil.rmtree(daemon.data)
        shutil.copytree(self.folder / "backup", daemon.data)
        return cursor, self.daemon()

    def history(self, daemon):
        status, body = process.get(daemon.url + "/event/history?channel=default/ops",
                                   headers={"x-api-key": daemon.key})
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def test_a_backup_of_a_running_daemon_holds_what_was_stored(self):
        _, daemon = self.back_up_and_restore()
        self.assertEqual(len(self.history(daemon)["events"]), 2)

    def test_a_cursor_from_before_the_restore_is_not_recovered(self):
        cursor, daemon = self.back_up_and_restore()
        for _ in range(2):  # beyond the position of the old cursor
            self.assertEqual(daemon.publish(), 200)
        done = subprocess.run(
            [os.environ["EVENTSD_BIN"], "subscribe", "default/ops", "--after", cursor, "--count",
             "4", "--no-reconnect", "--url", daemon.url + "/event", "--api-key", daemon.key],
            capture_output=True, text=True, timeout=process.DEADLINE)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertEqual(len(done.stdout.splitlines()), 4)  # all that is stored
        self.assertIn("no longer stored", done.stderr)


if __name__ == "__main__":
    unittest.main()
