"""What /metrics says, in the eyes of a real Prometheus: every metric is documented, and every
dashboard query and alert rule finds what it asks for."""
import json
import os
import pathlib
import re
import shutil
import socket
import subprocess
import tempfile
import unittest
import urllib.parse

import process

ROOT = pathlib.Path(__file__).resolve().parents[2]
RULES = ROOT / "config/prometheus/alerts.yml"
DASHBOARD = json.loads((ROOT / "config/grafana/dashboard.json").read_text())
DOCUMENT = (ROOT / "docs/METRICS.md").read_text()
# The names of protocol 8.1, as AWS documents them.
CLOUDWATCH = """4XXError 5XXError Latency Requests TokensConsumed DroppedEvents FailedEvents
SuccessfulEvents PublishedHandlerInvocations ConnectRequests ConnectSuccess ConnectClientError
ConnectServerError DisconnectSuccess DisconnectClientError DisconnectServerError SubscribeSuccess
SubscribeClientError SubscribeServerError UnsubscribeSuccess UnsubscribeClientError
UnsubscribeServerError BroadcastEventSuccess BroadcastEventClientError BroadcastEventServerError
BroadcastEventSize ActiveConnections ActiveSubscriptions ConnectionDuration InboundMessages
OutboundMessages InboundMessageDelayed InboundMessageDropped SubscribeHandlerInvocations
PublishSuccess PublishClientError PublishServerError""".split()
# Series that begin with something that this test does not bring about: a Lambda authorizer's,
# handlers' of namespaces that have none.
SCRAPE_SECONDS = 1


def queries():
    """Every query of the dashboard: panel, expression."""
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", []):
            yield panel["title"], target["expr"]


def plain(expression):
    """A query as Grafana sends it, with everything chosen."""
    return (expression.replace("$__rate_interval", "4s").replace("$instance", ".*")
            .replace("$namespace", ".*"))


def rule_expressions():
    import yaml
    for group in yaml.safe_load(RULES.read_text())["groups"]:
        for rule in group["rules"]:
            yield rule["alert"], rule["expr"]


def names_in(expression):
    return set(re.findall(r"\b((?:eventsd|process)_[a-z0-9_]+|up)\b", expression))


class Prometheus:
    """A server of its own on a port of its own, with the project's rules."""

    def __init__(self, folder, target):
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]  # Prometheus cannot tell the port that it was given
        self.url = f"http://127.0.0.1:{self.port}"
        shutil.copy(RULES, folder / "alerts.yml")
        text = (ROOT / "config/prometheus/prometheus.yml").read_text()
        assert "127.0.0.1:9464" in text
        text = text.replace("127.0.0.1:9464", target).replace("15s", f"{SCRAPE_SECONDS}s")
        (folder / "prometheus.yml").write_text(text)
        self.log = (folder / "prometheus.log").open("w+")
        self.process = subprocess.Popen(
            ["prometheus", f"--config.file={folder}/prometheus.yml",
             f"--storage.tsdb.path={folder}/data", f"--web.listen-address=127.0.0.1:{self.port}"],
            stdout=self.log, stderr=self.log, cwd=folder)

    def said(self):
        self.log.seek(0)
        return self.log.read()

    def ask(self, path, **parameters):
        status, body = process.get(f"{self.url}/api/v1/{path}?{urllib.parse.urlencode(parameters)}")
        answer = json.loads(body) if body else {}
        if answer.get("status") != "success":
            raise AssertionError(f"{path} {parameters}: {status} {body} {self.said()[-2000:]}")
        return answer["data"]

    def query(self, expression):
        return self.ask("query", query=expression)["result"]

    def stop(self):
        self.process.terminate()
        self.process.wait(process.DEADLINE)
        self.log.close()


class Monitoring(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        folder = pathlib.Path(cls.folder.name)
        (folder / "daemon").mkdir()
        cls.daemon = process.Daemon(folder / "daemon")
        cls.addClassCleanup(cls.daemon.__exit__)
        cls.daemon.ready()
        cls.connection = cls.daemon.open_websocket()
        cls.addClassCleanup(cls.connection.close)
        cls.daemon.open_websocket().close()  # ends without a Close
        cls.daemon.publish()
        cls.daemon.key, good = "da2-wrong", cls.daemon.key
        cls.daemon.publish()  # refused
        cls.daemon.key = good
        cls.prometheus = Prometheus(folder, cls.daemon.admin.removeprefix("http://"))
        cls.addClassCleanup(cls.prometheus.stop)
        process.until(lambda: process.get(cls.prometheus.url + "/-/ready")[0] == 200, "Prometheus")
        process.until(lambda: cls.prometheus.query("rate(eventsd_http_requests_total[4s])"),
                      "two scrapes")

    def page(self):
        status, body = process.get(self.daemon.admin + "/metrics")
        self.assertEqual(status, 200)
        return body

    def test_promtool_has_nothing_to_say_about_the_page(self):
        done = subprocess.run(["promtool", "check", "metrics"], input=self.page(), text=True,
                              capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout, done.stderr), (0, "", ""))

    def test_promtool_accepts_the_rules_and_the_configuration(self):
        for command in (["check", "rules", RULES],
                        ["check", "config", ROOT / "config/prometheus/prometheus.yml"]):
            done = subprocess.run(["promtool", *command], text=True, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_the_document_lists_every_metric_and_no_other(self):
        shown = set(re.findall(r"^# TYPE (\S+)", self.page(), re.M))
        listed = set(re.findall(r"^\| (?:`[A-Za-z0-9]+` \| )?`((?:eventsd|process)_\w+)`", DOCUMENT,
                                re.M))
        # Only with tables, which this daemon has not.
        optional = {name for name in listed if name.startswith("eventsd_dynamodb_")}
        self.assertEqual(listed - shown - optional, set(), "documented, but not there")
        self.assertEqual(shown - listed, set(), "there, but not documented")

    def test_the_document_gives_the_type_that_the_page_has(self):
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)", self.page(), re.M))
        rows = re.findall(r"^\| `(\w+)` \| (counter|gauge|histogram) \|", DOCUMENT, re.M)
        self.assertGreater(len(rows), 30)
        for name, kind in rows:
            if name in types or not name.startswith("eventsd_dynamodb_"):
                self.assertEqual(types[name], kind, name)

    def test_every_cloudwatch_metric_has_a_counterpart(self):
        counterparts = dict(re.findall(r"^\| `([A-Za-z0-9]+)` \| `(eventsd_\w+)` \|", DOCUMENT, re.M))
        self.assertEqual(sorted(counterparts), sorted(CLOUDWATCH))
        self.assertEqual(len(set(counterparts.values())), len(counterparts))

    def test_every_metric_has_been_scraped(self):
        stored = set(self.prometheus.ask("label/__name__/values"))
        for name, kind in re.findall(r"^# TYPE (\S+) (\S+)", self.page(), re.M):
            series = name + "_bucket" if kind == "histogram" else name
            if re.search(rf"^{series}[ {{]", self.page(), re.M):
                self.assertIn(series, stored)

    def test_the_page_counts_what_has_happened(self):
        expected = {
            "eventsd_connections_active": 1,
            'eventsd_connections_closed_total{by="client",code="1006"}': 1,
            'eventsd_http_responses_total{code="200"}': 1,
            'eventsd_http_responses_total{code="401"}': 1,
            'eventsd_namespace_http_publish_success_total{namespace="default"}': 1,
            'eventsd_namespace_http_publish_client_errors_total{namespace="default"}': 1,
            "eventsd_tokens_consumed_total": 1,
        }
        for expression, value in expected.items():
            with self.subTest(expression):
                result = self.prometheus.query(expression)
                self.assertEqual([float(one["value"][1]) for one in result], [value])

    def test_every_query_of_the_dashboard_runs_and_asks_for_what_exists(self):
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)", self.page(), re.M))
        expressions = list(queries())
        self.assertGreater(len(expressions), 25)
        empty = []
        for title, expression in expressions:
            with self.subTest(title):
                if not self.prometheus.query(plain(expression)):
                    empty.append(expression)
                for name in names_in(expression):
                    self.assertIn(re.sub(r"_(bucket|sum|count)$", "", name), types)
        self.assertEqual(empty, [])

    def test_every_rule_runs_asks_for_what_exists_and_is_silent(self):
        types = dict(re.findall(r"^# TYPE (\S+) (\S+)", self.page(), re.M)) | {"up": "gauge"}
        loaded = {rule["name"]: rule for group in self.prometheus.ask("rules")["groups"]
                  for rule in group["rules"]}
        for alert, expression in rule_expressions():
            with self.subTest(alert):
                self.assertEqual(loaded[alert]["health"], "ok", loaded[alert].get("lastError"))
                self.assertEqual(self.prometheus.query(expression), [], "fires without a reason")
                for name in names_in(expression):
                    self.assertIn(re.sub(r"_(bucket|sum|count)$", "", name), types)

    def test_rules_fire_when_there_is_a_reason(self):
        """promtool's own unit tests of rules: series that must bring each alert about."""
        done = subprocess.run(["promtool", "test", "rules", ROOT / "tests/ops/alerts_test.yml"],
                              text=True, capture_output=True, timeout=60)
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_every_rule_has_such_a_test(self):
        tested = re.findall(r"alertname: (\w+)", (ROOT / "tests/ops/alerts_test.yml").read_text())
        self.assertEqual(sorted(tested), sorted(alert for alert, _ in rule_expressions()))


if __name__ == "__main__":
    unittest.main()
