"""What the daemon logs: its form, the request id in it, and how much, changed while it runs."""
import json
import pathlib
import re
import signal
import tempfile
import unittest
import urllib.error
import urllib.request

import process

UUID = r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}"


class Log(unittest.TestCase):
    def start(self, **options):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        daemon = process.Daemon(folder.name, **options)
        self.addCleanup(daemon.__exit__)
        return daemon.ready()

    def lines(self, daemon):
        """Everything logged so far, as objects; words for people at the start left out."""
        return [json.loads(line) for line in daemon.said().splitlines() if line.startswith("{")]

    def ask(self, daemon, method, path, body=None, token=None, base=None):
        """Status, headers and body of a request."""
        token = token or (pathlib.Path(daemon.data) / "admin-token").read_text().strip()
        request = urllib.request.Request((base or daemon.admin) + path, body, method=method,
                                         headers={"authorization": f"Bearer {token}"})
        try:
            with urllib.request.urlopen(request, timeout=process.DEADLINE) as answer:
                return answer.status, answer.headers, answer.read().decode()
        except urllib.error.HTTPError as error:
            with error:
                return error.code, error.headers, error.read().decode()

    def set_level(self, daemon, level):
        return self.ask(daemon, "PUT", "/v1/log-level", json.dumps({"level": level}).encode())

    def refused(self, daemon):
        """A publish that is refused, which is a line at level debug; its request id."""
        status, headers, _ = self.ask(daemon, "POST", "/event", b'{"channel":"default/x","events":["1"]}',
                                      token="nobody", base=daemon.url)
        self.assertEqual(status, 401)
        return headers["x-amzn-requestid"]

    def test_every_line_is_json_when_nobody_sits_at_a_terminal(self):
        daemon = self.start(environment={"EVENTSD_LOG_LEVEL": "trace"})
        self.refused(daemon)
        lines = self.lines(daemon)
        self.assertGreater(len(lines), 0)
        for line in lines:
            self.assertEqual(list(line), ["time", "level", "msg"])
            self.assertRegex(line["time"], r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$")

    def test_a_terminal_gets_text(self):
        daemon = self.start(terminal=True)
        daemon.signal(signal.SIGHUP)
        said = process.until(lambda: "reloaded" in daemon.on_terminal() and daemon.on_terminal(),
                             "a log line")
        self.assertRegex(said, r"(?m)^\d\d:\d\d:\d\d\.\d{3} info ")

    def test_the_request_id_that_the_client_was_told_finds_its_lines(self):
        daemon = self.start(environment={"EVENTSD_LOG_LEVEL": "debug", "EVENTSD_LOG_ACCESS": "true"})
        told = self.refused(daemon)
        self.assertRegex(told, f"^{UUID}$")
        mine = process.until(lambda: [line["msg"] for line in self.lines(daemon)
                                      if f"request={told}" in line["msg"]], "the lines")
        self.assertTrue(any(text.startswith("access method=POST") for text in mine), mine)
        self.assertTrue(any(text.startswith("authorization denied") for text in mine), mine)

    def test_the_access_log_has_a_line_when_a_connection_ends(self):
        daemon = self.start(environment={"EVENTSD_LOG_ACCESS": "true"})
        daemon.open_websocket().close()
        line = process.until(lambda: [line["msg"] for line in self.lines(daemon)
                                      if line["msg"].startswith("access websocket")], "the line")[0]
        self.assertRegex(line, rf"^access websocket code=1006 by=client ms=\d+ ip=127\.0\.0\.1 "
                               rf"request={UUID}$")

    def test_without_the_access_log_there_is_no_line_for_a_request(self):
        daemon = self.start(environment={"EVENTSD_LOG_ACCESS": "false", "EVENTSD_LOG_LEVEL": "info"})
        daemon.publish()
        self.assertEqual(daemon.stop(), 0)
        self.assertNotIn("access ", daemon.said())

    def test_the_level_changes_while_it_runs(self):
        daemon = self.start(environment={"EVENTSD_LOG_LEVEL": "info", "EVENTSD_LOG_ACCESS": "false"})
        quiet = self.refused(daemon)
        self.assertEqual(self.set_level(daemon, "debug")[0], 200)
        loud = self.refused(daemon)
        self.assertEqual(json.loads(self.ask(daemon, "GET", "/v1/log-level")[2]), {"level": "debug"})
        self.assertEqual(self.set_level(daemon, "warn")[0], 200)
        quiet_again = self.refused(daemon)
        self.assertEqual(daemon.stop(), 0)
        said = daemon.said()
        self.assertIn(loud, said)
        self.assertNotIn(quiet, said)
        self.assertNotIn(quiet_again, said)

    def test_a_reload_brings_the_configured_level_back(self):
        daemon = self.start(environment={"EVENTSD_LOG_LEVEL": "info"})
        self.set_level(daemon, "trace")
        daemon.signal(signal.SIGHUP)
        process.until(lambda: json.loads(self.ask(daemon, "GET", "/v1/log-level")[2])
                      == {"level": "info"}, "the level of the configuration")

    def test_the_level_is_for_who_has_the_token(self):
        daemon = self.start()
        for method, body in (("GET", None), ("PUT", b'{"level":"trace"}')):
            self.assertEqual(self.ask(daemon, method, "/v1/log-level", body, token="wrong")[0], 401)
        self.assertEqual(self.set_level(daemon, "verbose")[0], 400)


if __name__ == "__main__":
    unittest.main()
