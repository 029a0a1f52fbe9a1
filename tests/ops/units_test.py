"""config/eventsd.service and config/eventsd.socket, judged by systemd's own tools."""
import os
import pathlib
import re
import subprocess
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
SERVICE = (ROOT / "config/eventsd.service").read_text()
SOCKET = (ROOT / "config/eventsd.socket").read_text()
WORST_EXPOSURE = 30  # tenths, of 100


def values(unit, key):
    return re.findall(rf"^{key}=(.*)$", unit, re.M)


class Units(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def place(self, service):
        # verify wants the commands to exist, so it is shown the binary that was built.
        service = service.replace("/usr/bin/eventsd", os.environ["EVENTSD_BIN"])
        (self.folder / "eventsd.service").write_text(service)
        (self.folder / "eventsd.socket").write_text(SOCKET)

    def complaints(self, service=SERVICE):
        self.place(service)
        # It exits 0 even for keys that it does not know; what it writes is the verdict. Man pages
        # and the documentation are not installed here.
        done = subprocess.run(
            ["systemd-analyze", "verify", "--man=no", self.folder / "eventsd.service",
             self.folder / "eventsd.socket"], capture_output=True, text=True, timeout=60)
        ours = [line for line in done.stderr.splitlines() if "eventsd" in line]
        return ours or (done.stderr.splitlines() if done.returncode else [])

    def exposure(self, service=SERVICE):
        self.place(service)
        return subprocess.run(
            ["systemd-analyze", "security", "--offline=true", f"--threshold={WORST_EXPOSURE}",
             self.folder / "eventsd.service"], capture_output=True, text=True, timeout=60)

    def test_systemd_has_no_complaint_about_them(self):
        self.assertEqual(self.complaints(), [])

    def test_a_misspelt_key_is_noticed(self):
        wrong = SERVICE.replace("WatchdogSec=", "WatchdogSecs=")
        self.assertNotEqual(self.complaints(wrong), [])

    def test_exposure_is_below_three(self):
        done = self.exposure()
        self.assertEqual(done.returncode, 0, done.stdout)

    def test_exposure_of_an_unhardened_service_is_noticed(self):
        bare = re.sub(r"^(Protect|Private|Restrict|SystemCall|Capability|Dynamic).*\n", "", SERVICE,
                      flags=re.M)
        self.assertNotEqual(self.exposure(bare).returncode, 0)

    def test_a_faulty_configuration_is_not_tried_again(self):
        self.assertEqual(values(SERVICE, "ExecStartPre"), [])  # its exit code prevents no restart
        self.assertEqual(values(SERVICE, "RestartPreventExitStatus"), ["2"])

    def test_systemd_supervises_and_may_kill_a_hanging_daemon(self):
        self.assertEqual(values(SERVICE, "Type"), ["notify"])
        self.assertTrue(values(SERVICE, "WatchdogSec"))

    def test_the_state_directory_is_the_data_directory(self):
        self.assertEqual(values(SERVICE, "StateDirectory"), ["eventsd"])
        self.assertIn("EVENTSD_DATA_DIR=/var/lib/eventsd", values(SERVICE, "Environment"))

    def test_workers_of_handlers_may_close_their_own_sandbox(self):
        allowed = " ".join(values(SERVICE, "SystemCallFilter"))
        for call in ("seccomp", "landlock_create_ruleset", "landlock_restrict_self"):
            self.assertIn(call, allowed.split())

    def test_no_memory_is_both_writable_and_executable(self):
        self.assertEqual(values(SERVICE, "MemoryDenyWriteExecute"), ["yes"])

    def test_stopping_has_more_time_than_the_drain(self):
        self.assertGreater(int(values(SERVICE, "TimeoutStopSec")[0].removesuffix("s")), 10)


if __name__ == "__main__":
    unittest.main()
