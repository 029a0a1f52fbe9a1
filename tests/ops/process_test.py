"""How the built daemon behaves towards its supervisor, its terminal and its data directory."""
import os
import pathlib
import re
import signal
import socket
import stat
import subprocess
import tempfile
import time
import unittest

import process

KEY = "da2-abcdefghijklmnopqrstuvwxyz"
CONFIG = f"""
drainTimeout: 50s
api:
  apiKeys: [ {{ id: {KEY} }} ]
  channelNamespaces:
    - name: default
"""
CONTAINER = process.CONTAINER


class Process(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def daemon(self, **options):
        daemon = process.Daemon(self.folder, **options)
        self.addCleanup(daemon.__exit__)
        return daemon

    def supervisor(self):
        supervisor = process.Supervisor(self.folder)
        self.addCleanup(supervisor.socket.close)
        return supervisor


class Supervision(Process):
    def test_readiness_is_told_when_it_serves(self):
        supervisor = self.supervisor()
        daemon = self.daemon(environment={"NOTIFY_SOCKET": supervisor.path})
        supervisor.wait_for("READY=1$")
        # No waiting: it must serve by now.
        daemon.ready()
        self.assertEqual(daemon.publish(), 200)

    def test_the_status_line_counts_connections(self):
        supervisor = self.supervisor()
        daemon = self.daemon(environment={"NOTIFY_SOCKET": supervisor.path}).ready()
        connection = daemon.open_websocket()
        self.addCleanup(connection.close)
        self.assertRegex(supervisor.wait_for(r"STATUS=.*\b1\b"), r"connection")

    def test_the_watchdog_is_fed_twice_in_its_interval(self):
        supervisor = self.supervisor()
        self.daemon(environment={"NOTIFY_SOCKET": supervisor.path,
                                 "WATCHDOG_USEC": "2000000"}).ready()
        supervisor.wait_for("WATCHDOG=1$")
        begin = time.monotonic()
        for _ in range(3):
            supervisor.wait_for("WATCHDOG=1$")
        self.assertLess(time.monotonic() - begin, 3 * 2.0)

    def test_stopping_is_told_and_it_ends_with_zero(self):
        supervisor = self.supervisor()
        daemon = self.daemon(environment={"NOTIFY_SOCKET": supervisor.path}).ready()
        daemon.signal(signal.SIGTERM)
        supervisor.wait_for("STOPPING=1$")
        self.assertEqual(daemon.process.wait(process.DEADLINE), 0)

    def test_a_socket_of_systemd_is_served_in_place_of_its_own(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        address = "http://127.0.0.1:%d" % listener.getsockname()[1]
        daemon = self.daemon(listener=listener).ready()
        self.assertEqual(daemon.publish(base=address), 200)
        self.assertEqual(daemon.url, address)
        self.assertEqual(daemon.stop(), 0)

    def test_clients_connect_to_an_activated_socket_while_it_restarts(self):
        listener = socket.create_server(("127.0.0.1", 0))
        self.addCleanup(listener.close)
        address = listener.getsockname()
        self.assertEqual(self.daemon(listener=listener).ready().stop(), 0)
        waiting = socket.create_connection(address, timeout=process.DEADLINE)  # nobody serves now
        self.addCleanup(waiting.close)
        self.daemon(listener=listener).ready()
        waiting.sendall(b"POST /event HTTP/1.1\r\nHost: x\r\nContent-Length: 0\r\n\r\n")
        self.assertTrue(waiting.recv(4096).startswith(b"HTTP/1.1 4"))


class Signals(Process):
    def test_a_drain_closes_with_1012_and_is_not_ready_meanwhile(self):
        daemon = self.daemon(key=KEY, config=CONFIG.replace("50s", "3s")).ready()
        connections = [daemon.open_websocket() for _ in range(4)]
        daemon.signal(signal.SIGTERM)
        process.until(lambda: daemon.status("/health/ready") in (503, 0), "readiness off")
        self.assertEqual([process.close_code(c) for c in connections], [1012] * 4)
        for connection in connections:
            connection.close()
        self.assertEqual(daemon.process.wait(process.DEADLINE), 0)

    def test_a_drain_waits_for_a_request_under_way(self):
        daemon = self.daemon(key=KEY, config=CONFIG).ready()
        body = b'{"channel":"default/ops","events":["1"]}'
        host, port = daemon.url.removeprefix("http://").rsplit(":", 1)
        connection = socket.create_connection((host, int(port)), timeout=process.DEADLINE)
        self.addCleanup(connection.close)
        connection.sendall(f"POST /event HTTP/1.1\r\nHost: x\r\nx-api-key: {KEY}\r\n"
                           f"Expect: 100-continue\r\nContent-Length: {len(body)}\r\n\r\n".encode())
        self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 100"))  # it has been taken up
        daemon.signal(signal.SIGTERM)
        process.until(lambda: daemon.status("/health/ready") != 200, "readiness off")
        self.assertFalse(daemon.ended())
        connection.sendall(body)
        self.assertTrue(connection.recv(4096).startswith(b"HTTP/1.1 200"))
        connection.close()
        begin = time.monotonic()
        self.assertEqual(daemon.process.wait(process.DEADLINE), 0)
        self.assertLess(time.monotonic() - begin, 25)  # half the drain

    def test_a_second_signal_ends_it_at_once(self):
        daemon = self.daemon(key=KEY, config=CONFIG).ready()
        connections = [daemon.open_websocket() for _ in range(20)]
        begin = time.monotonic()
        daemon.signal(signal.SIGTERM)
        process.until(lambda: daemon.status("/health/ready") != 200, "readiness off")
        if not daemon.ended():
            daemon.signal(signal.SIGTERM)
        daemon.process.wait(process.DEADLINE)
        self.assertLess(time.monotonic() - begin, 25)  # half the drain
        for connection in connections:
            connection.close()

    def test_reloading_adds_a_namespace_and_keeps_connections(self):
        daemon = self.daemon(key=KEY, config=CONFIG).ready()
        connection = daemon.open_websocket()
        self.addCleanup(connection.close)
        self.assertNotEqual(daemon.publish(channel="added/ops"), 200)
        daemon.config.write_text(CONFIG + "    - name: added\n")
        daemon.signal(signal.SIGHUP)
        process.until(lambda: daemon.publish(channel="added/ops") == 200, "the reload")
        connection.sendall(b"\x89\x80\x00\x00\x00\x00")  # a ping, masked with zeros
        self.assertEqual(pong(connection), b"\x8a\x00")

    def test_a_faulty_file_is_reported_and_what_ran_goes_on(self):
        daemon = self.daemon(key=KEY, config=CONFIG).ready()
        daemon.config.write_text(CONFIG.replace("channelNamespaces", "chanelNamespaces"))
        daemon.signal(signal.SIGHUP)
        process.until(lambda: "channelNamespaces" in daemon.said(), "the nearest known name")
        self.assertRegex(daemon.said(), r"eventsd\.yaml:5:\d+")
        self.assertEqual(daemon.publish(), 200)


class FirstStart(Process):
    def test_a_terminal_is_shown_the_key_and_a_curl_line_that_works(self):
        daemon = self.daemon(terminal=True).ready()
        shown = process.until(
            lambda: daemon.on_terminal() if "curl " in daemon.on_terminal() else "", "curl line")
        self.assertIn(daemon.key, shown)
        lines = shown[shown.index("curl "):].splitlines()
        end = next(i for i, line in enumerate(lines) if not line.endswith("\\"))
        done = subprocess.run(["bash", "-c", "\n".join(lines[:end + 1])], capture_output=True,
                              text=True, timeout=process.DEADLINE)
        self.assertIn('"failed":[]', done.stdout)
        self.assertIn('"successful":[{', done.stdout)

    def test_a_terminal_is_shown_an_address_of_the_console_that_signs_in(self):
        daemon = self.daemon(terminal=True).ready()
        shown = process.until(
            lambda: daemon.on_terminal() if "curl " in daemon.on_terminal() else "", "curl line")
        address, token = re.search(r"console +(http://\S+/console)#token=(\S+)", shown).groups()
        self.assertEqual(token, (daemon.data / "admin-token").read_text().strip())
        self.assertEqual(process.get(address)[0], 200)
        self.assertEqual(process.get(address + "/api/info")[0], 401)
        status, _ = process.get(address + "/api/info",
                                headers={"Authorization": f"Bearer {token}"})
        self.assertEqual(status, 200)

    def test_elsewhere_the_console_is_named_without_its_token(self):
        daemon = self.daemon().ready()
        process.until(lambda: "/console" in daemon.said(), "the console's address")
        self.assertIn("admin-token", daemon.said())
        self.assertNotIn((daemon.data / "admin-token").read_text().strip(), daemon.said())

    def test_a_configured_admin_token_is_shown_nowhere(self):
        daemon = self.daemon(terminal=True,
                             environment={"EVENTSD_ADMIN_TOKEN": "configured-admin-token"}).ready()
        shown = process.until(
            lambda: daemon.on_terminal() if "curl " in daemon.on_terminal() else "", "curl line")
        self.assertIn("/console   (its token: admin.token)", shown)
        self.assertNotIn("configured-admin-token", shown)

    def test_elsewhere_the_file_that_holds_the_key_is_named_instead(self):
        daemon = self.daemon().ready()
        if not CONTAINER:  # whose log shows the key once
            self.assertNotIn(daemon.key, daemon.said())
            self.assertIn("api-key", daemon.said())
        self.assertEqual(daemon.stop(), 0)
        again = self.daemon().ready()
        self.assertNotIn(again.key, again.said())
        self.assertIn("api-key", again.said())

    def test_secrets_are_readable_by_their_owner_alone(self):
        daemon = self.daemon().ready()
        for name in ("api-key", "admin-token"):
            mode = stat.S_IMODE((daemon.data / name).stat().st_mode)
            self.assertEqual(mode, 0o600, name)

    def test_a_second_start_keeps_the_key_and_the_events(self):
        first = self.daemon().ready()
        self.assertEqual(first.publish(), 200)
        self.assertEqual(first.stop(), 0)
        second = self.daemon().ready()
        self.assertEqual(second.key, first.key)
        status, body = process.get(second.url + "/event/history?channel=default/ops",
                                   headers={"x-api-key": first.key})
        self.assertEqual(status, 200, body)
        self.assertIn('{\\"hello\\":\\"ops\\"}', body)

    def test_a_data_directory_has_one_daemon(self):
        self.daemon().ready()
        done = subprocess.run(
            [os.environ["EVENTSD_BIN"], "serve"], cwd=self.folder, text=True, timeout=60,
            capture_output=True, env=os.environ | {"EVENTSD_LISTEN": "127.0.0.1:0",
                                                   "EVENTSD_ADMIN_LISTEN": "127.0.0.1:0"})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("eventsd-data", done.stderr)


class CommandLine(Process):
    def run_verb(self, *arguments):
        return subprocess.run([os.environ["EVENTSD_BIN"], *arguments], cwd=self.folder, text=True,
                              capture_output=True, timeout=process.DEADLINE)

    def test_a_fault_is_reported_with_its_place_and_exit_code_two(self):
        (self.folder / "eventsd.yaml").write_text("listne: [\"127.0.0.1:0\"]\n")
        done = self.run_verb("check-config")
        self.assertEqual(done.returncode, 2)
        self.assertRegex(done.stdout + done.stderr, r"eventsd\.yaml:1:1: .*listen")

    def test_a_port_in_use_is_reported_with_the_remedy(self):
        with socket.create_server(("127.0.0.1", 0)) as taken:
            address = "127.0.0.1:%d" % taken.getsockname()[1]
            done = subprocess.run(
                [os.environ["EVENTSD_BIN"], "serve", "--listen", address], cwd=self.folder,
                text=True, capture_output=True, timeout=process.DEADLINE,
                env={**os.environ, "EVENTSD_ADMIN_LISTEN": "127.0.0.1:0"})
        self.assertEqual(done.returncode, 1, done.stderr)
        self.assertIn("cannot listen on " + address, done.stderr)

    def test_a_certificate_that_is_not_there_is_reported_with_its_place(self):
        (self.folder / "eventsd.yaml").write_text(
            "tls:\n  certificate: missing.pem\n  privateKey: missing.key\n")
        for verb in ("check-config", "serve"):
            done = self.run_verb(verb)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"eventsd\.yaml:2:16: tls\.certificate: .*missing\.pem")

    def test_the_reference_configuration_is_valid(self):
        reference = pathlib.Path(__file__).resolve().parents[2] / "config/eventsd.yaml"
        done = self.run_verb("check-config", "--config", str(reference))
        self.assertEqual(done.returncode, 0, done.stdout + done.stderr)

    def test_health_is_one_while_nothing_runs(self):
        self.assertEqual(self.run_verb("health", "--url", "http://127.0.0.1:1").returncode, 1)

    def test_wrong_usage_ends_with_two(self):
        self.assertEqual(self.run_verb("no-such-verb").returncode, 2)
        self.assertEqual(self.run_verb("serve", "--no-such-option").returncode, 2)


def pong(connection):
    """The next pong, behind whatever frames come before it."""
    received = b""
    while b"\x8a\x00" not in received:
        chunk = connection.recv(4096)
        if not chunk:
            return received
        received += chunk
    return b"\x8a\x00"


if __name__ == "__main__":
    unittest.main()
