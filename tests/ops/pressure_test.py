"""What clients meet from outside when storing cannot keep up, and when the disk is full."""
import concurrent.futures
import http.client
import json
import os
import pathlib
import subprocess
import tempfile
import unittest

import process

KEY = "da2-" + "p" * 26
CONFIG = """
limits: { LIMITS }
api:
  name: ops
  authProviders: [ { authType: API_KEY } ]
  connectionAuthModes: [ API_KEY ]
  defaultPublishAuthModes: [ API_KEY ]
  defaultSubscribeAuthModes: [ API_KEY ]
  apiKeys: [ { id: "%s" } ]
  channelNamespaces:
    - { name: kept, history: { maxAge: 7d, maxEventsPerChannel: 100000, maxBytes: 1GiB, read: subscribe } }
    - { name: plain }
""" % KEY
MEBIBYTE = 1 << 20


def post(url, channel, event):
    """One publish on a connection of its own: status, headers, body."""
    connection = http.client.HTTPConnection(url.removeprefix("http://"), timeout=process.DEADLINE)
    try:
        connection.request("POST", "/event", json.dumps({"channel": channel, "events": [event]}),
                           {"content-type": "application/json", "x-api-key": KEY})
        answer = connection.getresponse()
        return answer.status, answer.headers, json.loads(answer.read())
    finally:
        connection.close()


class Pressure(unittest.TestCase):
    def start(self, limits="", disk=0):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        # On a small disk the folder of the data directory is hidden, and nothing else.
        daemon = process.Daemon(folder.name, config=CONFIG.replace("LIMITS", limits), key=KEY,
                                disk=disk)
        self.addCleanup(daemon.__exit__)
        return daemon.ready()

    def refused(self, answer):
        """Checks that it is the refusal that tells a client to come again."""
        status, headers, body = answer
        self.assertEqual(status, 503, body)
        self.assertEqual(headers["x-amzn-errortype"], "ServiceUnavailableException")
        self.assertGreaterEqual(int(headers["retry-after"]), 1)
        self.assertEqual(body["errors"][0]["errorType"], "ServiceUnavailableException")

    def history(self, daemon, channel):
        """Every stored event of a channel."""
        events, cursor = [], ""
        while True:
            status, body = process.get(
                f"{daemon.url}/event/history?channel={channel}&limit=1000{cursor}",
                headers={"x-api-key": KEY})
            self.assertEqual(status, 200, body)
            page = json.loads(body)
            events = [json.loads(record["event"]) for record in page["events"]] + events
            if not page["nextCursor"]:
                return events
            cursor = "&before=" + page["nextCursor"]

    def ready_body(self, daemon):
        status, body = process.get(daemon.admin + "/health/ready")
        self.assertEqual(status, 200, body)
        return json.loads(body)

    def test_http_publishes_over_the_storage_queue_are_told_to_come_again(self):
        daemon = self.start("maxStorageQueue: 1KiB")
        accepted, refusals = [], []
        with concurrent.futures.ThreadPoolExecutor(32) as pool:
            def round_of_publishes():
                first = len(accepted) + len(refusals)
                numbers = range(first, first + 64)
                events = [json.dumps({"n": n, "fill": "x" * 100_000}) for n in numbers]
                for number, answer in zip(numbers, pool.map(
                        lambda event: post(daemon.url, "kept/pressure", event), events)):
                    if answer[0] == 200:
                        accepted.append(number)
                    else:
                        refusals.append(answer)
                return refusals
            process.until(round_of_publishes, "a refusal")
        for answer in refusals:
            self.refused(answer)
        stored = [event["n"] for event in self.history(daemon, "kept/pressure")]
        self.assertEqual(sorted(stored), accepted)
        self.assertEqual(post(daemon.url, "kept/pressure", "1")[0], 200)
        self.assertEqual(daemon.stop(), 0)

    def test_socket_publishes_over_the_storage_queue_are_told_to_come_again(self):
        daemon = self.start("maxStorageQueue: 1KiB, publishesPerSecondPerConnection: 1000000")

        def bench(channel):
            done = subprocess.run(
                [os.environ["EVENTSD_BIN"], "bench", "publish", "--url", daemon.url + "/event",
                 "--api-key", KEY, "--ws", "--connections", "8", "--in-flight", "16", "--size",
                 "20000", "--channel", channel, "--duration", "1s", "--json"],
                capture_output=True, text=True, timeout=process.DEADLINE)
            return json.loads(done.stdout)

        report = process.until(lambda: (r := bench("kept/pressure"))["refused"] and r, "a refusal")
        self.assertEqual(list(report["errors"]),
                         ["LimitExceededError: The server is overloaded, try again"])
        self.assertGreater(report["publishes"], 0)
        self.assertIn("could not do in time", " ".join(report["hints"]))
        self.assertEqual(bench("plain/pressure")["errors"], {})  # nothing of it is stored
        self.assertEqual(daemon.stop(), 0)

    def test_on_a_full_disk_only_what_must_be_stored_is_refused_until_there_is_space(self):
        daemon = self.start(disk=48 * MEBIBYTE)
        self.assertEqual(post(daemon.url, "kept/disk", "0")[0], 200)
        self.assertFalse(self.ready_body(daemon).get("degraded"))
        filler = pathlib.Path(daemon.data) / "filler"
        with filler.open("wb", buffering=0) as file, self.assertRaises(OSError) as full:
            while True:
                file.write(b"\0" * MEBIBYTE)
        self.assertRegex(str(full.exception), "No space left")

        accepted, refusals = [0], []

        def publish():
            number = len(accepted)
            answer = post(daemon.url, "kept/disk", json.dumps(number))
            if answer[0] == 200:
                accepted.append(number)
            else:
                refusals.append(answer)
            return answer

        process.until(lambda: publish()[0] != 200, "a refusal")
        self.refused(refusals[-1])
        ready = process.until(lambda: self.ready_body(daemon) if self.ready_body(daemon).get(
            "degraded") else None, "degraded")
        self.assertRegex(json.dumps(ready["degraded"]), "full")
        self.assertEqual(process.get(daemon.admin + "/health/live")[0], 200)
        self.assertEqual(post(daemon.url, "plain/disk", "1")[0], 200)
        self.assertEqual(self.history(daemon, "kept/disk"), accepted)  # reading goes on

        filler.unlink()
        process.until(lambda: publish()[0] == 200, "publishes of history")
        process.until(lambda: not self.ready_body(daemon).get("degraded"), "no longer degraded")
        for answer in refusals:
            self.refused(answer)
        self.assertEqual(self.history(daemon, "kept/disk"), accepted)
        self.assertEqual(daemon.stop(), 0)


if __name__ == "__main__":
    unittest.main()
