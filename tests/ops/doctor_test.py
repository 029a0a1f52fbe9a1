"""`eventsd doctor` as a person and as a program use it."""
import json
import os
import pathlib
import socket
import subprocess
import tempfile
import unittest

import process

KEY = "da2-" + "d" * 26


class Doctor(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def doctor(self, config="", *arguments):
        """Exit code and what it printed; ports are free ones unless `config` says otherwise."""
        file = self.folder / "eventsd.yaml"
        if "listen:" not in config:
            config = 'listen: ["127.0.0.1:0"]\nadmin: { listen: "127.0.0.1:0" }\n' + config
        file.write_text(config)
        environment = {name: value for name, value in os.environ.items()
                       if not name.startswith("EVENTSD_")}
        done = subprocess.run([os.environ["EVENTSD_BIN"], "doctor", "--config", file, *arguments],
                              capture_output=True, text=True, env=environment, cwd=self.folder,
                              timeout=process.DEADLINE)
        return done.returncode, done.stdout

    def findings(self, config="", check=None):
        code, said = self.doctor(config, "--json")
        report = json.loads(said)
        found = report["findings"]
        self.assertEqual(report["problems"], sum(one["severity"] == "problem" for one in found))
        self.assertEqual(report["warnings"], sum(one["severity"] == "warning" for one in found))
        self.assertEqual(code, 1 if report["problems"] else 0)
        for one in found:
            self.assertIn(one["severity"], ("ok", "warning", "problem"))
        return [one for one in found if check in (None, one["check"])]

    def certificate(self, days):
        key, certificate = self.folder / "key.pem", self.folder / "cert.pem"
        subprocess.run(["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt",
                        "ec_paramgen_curve:P-256", "-nodes", "-days", str(days), "-subj", "/CN=x",
                        "-keyout", key, "-out", certificate], check=True, capture_output=True)
        key.chmod(0o600)
        return f"tls: {{ certificate: {certificate}, privateKey: {key} }}\n"

    def test_it_looks_at_everything_once(self):
        checks = [one["check"] for one in self.findings()]
        for check in ("descriptors", "somaxconn", "clock", "disk", "memory", "port", "configuration"):
            self.assertIn(check, checks)

    def test_what_is_wrong_has_a_remedy_on_the_next_line(self):
        taken = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(taken.close)
        port = taken.getsockname()[1]
        config = f'listen: ["127.0.0.1:{port}"]\nadmin: {{ listen: "127.0.0.1:0" }}\n'
        code, said = self.doctor(config)
        self.assertEqual(code, 1)
        self.assertRegex(said, rf"(?m)^problem port: .*{port}.*\n +mend: .*ss -ltnp.*{port}")
        self.assertRegex(said, r"(?m)^1 problem, \d+ warnings?$")

    def test_the_ports_of_the_daemon_that_runs_are_as_they_should_be(self):
        with process.Daemon(self.folder).ready() as daemon:
            listen = daemon.url.removeprefix("http://")
            admin = daemon.admin.removeprefix("http://")
            found = self.findings(f'listen: ["{listen}"]\nadmin: {{ listen: "{admin}" }}\n', "port")
            self.assertEqual([one["severity"] for one in found], ["ok", "ok"])
            self.assertIn("eventsd that runs", found[0]["found"])

    def test_a_certificate_is_told_by_its_days(self):
        for days, severity in ((90, "ok"), (5, "warning")):
            found = self.findings(self.certificate(days), "certificate")
            self.assertEqual([one["severity"] for one in found], [severity])
            self.assertRegex(found[0]["found"], f"({days - 1}|{days}) more days")

    def test_a_certificate_that_has_expired_is_a_problem(self):
        config = self.certificate(1)
        request = self.folder / "request.pem"
        subprocess.run(["openssl", "req", "-new", "-key", self.folder / "key.pem", "-subj", "/CN=x",
                        "-out", request], check=True, capture_output=True)
        (self.folder / "index.txt").touch()
        (self.folder / "serial").write_text("01\n")
        (self.folder / "ca.cnf").write_text(
            "[ca]\ndefault_ca=d\n[d]\ndatabase=index.txt\nserial=serial\nnew_certs_dir=.\n"
            "default_md=sha256\npolicy=p\n[p]\ncommonName=supplied\n")
        subprocess.run(["openssl", "ca", "-batch", "-selfsign", "-config", "ca.cnf", "-keyfile",
                        "key.pem", "-in", "request.pem", "-out", "cert.pem", "-startdate",
                        "20200101000000Z", "-enddate", "20200201000000Z"],
                       check=True, capture_output=True, cwd=self.folder)
        found = self.findings(config, "certificate")
        self.assertEqual([one["severity"] for one in found], ["problem"])
        self.assertRegex(found[0]["found"], r"expired \d+ days ago")

    def test_a_key_that_everybody_may_read_is_noticed(self):
        config = self.certificate(90)
        (self.folder / "key.pem").chmod(0o644)
        found = self.findings(config, "certificate")
        self.assertIn("chmod", found[1]["mend"])

    def test_an_issuer_whose_name_leads_nowhere_is_a_problem(self):
        config = """
api:
  authProviders:
    - { authType: OPENID_CONNECT, openIDConnectConfig: { issuer: "https://issuer.invalid" } }
  connectionAuthModes: [ OPENID_CONNECT ]
  defaultPublishAuthModes: [ OPENID_CONNECT ]
  defaultSubscribeAuthModes: [ OPENID_CONNECT ]
  channelNamespaces: [ { name: default } ]
"""
        found = self.findings(config, "name")
        self.assertEqual([one["severity"] for one in found], ["problem"])
        self.assertIn("issuer.invalid", found[0]["mend"])

    def test_a_data_source_whose_name_leads_nowhere_is_a_problem(self):
        found = self.findings("""
rds: { "arn:aws:rds:us-east-1:000000000000:cluster:c": "postgresql://me:wordwordword@db.invalid/c" }
api:
  channelNamespaces: [ { name: default } ]
  dataSources:
    - { name: web, type: HTTP, httpConfig: { endpoint: "http://web.invalid" } }
    - { name: here, type: HTTP, httpConfig: { endpoint: "http://127.0.0.1:9000" } }
""", "name")
        said = {one["found"].split()[0]: one["severity"] for one in found}
        self.assertEqual(said, {"db.invalid": "problem", "web.invalid": "problem",
                                "127.0.0.1": "ok"})
        self.assertTrue(all("getent hosts" in one["mend"] for one in found
                            if one["severity"] == "problem"))
        self.assertNotIn("wordwordword", str(found))

    def test_a_faulty_configuration_ends_with_2_and_names_the_line(self):
        code, said = self.doctor("limitz: {}\n", "--json")
        self.assertEqual(code, 2)
        self.assertRegex(json.loads(said)["findings"][0]["found"], r"eventsd\.yaml:3:1: .*limits")

    def test_it_says_no_secret(self):
        code, said = self.doctor(
            f'api: {{ apiKeys: [ {{ id: {KEY}, expires: "2020-01-01T00:00:00Z" }} ],'
            ' channelNamespaces: [ { name: default } ] }\n')
        self.assertIn("has expired", said)
        self.assertNotIn(KEY, said)


if __name__ == "__main__":
    unittest.main()
