"""Executes the steps of one transcript. README.md lists them."""

import base64
import json
import time

import matching
import websocket


class Failure(Exception):
    """The server did something else than the transcript says."""


def _credential_protocol(credentials):
    text = json.dumps(credentials, separators=(",", ":"))
    return "header-" + base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


class Player:
    """Plays one transcript against one server."""

    def __init__(self, url, variables, ca_file=None, daemon=None, deadline=30):
        self._url, self._ca_file, self._server, self._deadline = url, ca_file, daemon, deadline
        self._variables = variables
        self._sockets, self._show_keep_alives, self._streams = {}, {}, {}
        self._fences = 0

    def play(self, steps):
        try:
            for number, step in enumerate(steps, 1):
                try:
                    self._play(step)
                except (Failure, websocket.Violation, TimeoutError, KeyError, OSError) as error:
                    raise Failure(f"step {number} {json.dumps(step)[:160]}\n    {error}") from error
            self._check_function()
        finally:
            if self._function():
                self._function().settle()
            for stream in [*self._sockets.values(), *self._streams.values()]:
                stream.close()

    def _play(self, step):
        for verb in ("burst", "busy", "http", "open", "send", "expect", "subscribe", "publish",
                     "data", "fence", "drop", "daemon", "until", "differ", "function", "invoked",
                     "steps"):
            if verb in step:
                return getattr(self, "_do_" + verb)(step)
        raise Failure("unknown step")

    def _end(self):
        return time.monotonic() + self._deadline

    def _fill(self, value):
        return matching.fill(value, self._variables)

    def _check(self, expected, actual, where):
        captures = {}
        problem = matching.mismatch(expected, actual, self._variables, captures, where)
        if problem:
            raise Failure(problem)
        self._variables.update(captures)

    def _base(self, step):
        url = self._url
        if "scheme" in step:
            url = step["scheme"] + url[url.index(":"):]
        return url

    # HTTP

    def _request(self, step):
        """(method, head, body) of one request, as bytes."""
        method, _, target = self._fill(step["http"]).partition(" ")
        headers = {"host": self._variables["host"]}
        if "json" in step or "body" in step:
            headers["content-type"] = "application/json"
        if not step.get("anonymous"):
            headers["x-api-key"] = self._variables["key"]
        headers.update({k.lower(): v for k, v in self._fill(step.get("headers", {})).items()})
        if "json" in step:
            body = json.dumps(self._fill(step["json"]), ensure_ascii=False).encode()
        else:
            body = self._fill(step.get("body", "")).encode()
        if step.get("chunked"):
            headers["transfer-encoding"] = "chunked"
            half = len(body) // 2
            body = b"".join(b"%x\r\n%s\r\n" % (len(p), p) for p in (body[:half], body[half:], b""))
        elif body or method == "POST":
            headers["content-length"] = str(len(body))
        if step.get("continue"):
            headers["expect"] = "100-continue"
        head = f"{method} {target} HTTP/1.1\r\n" + "".join(
            f"{k}: {v}\r\n" for k, v in headers.items()) + "\r\n"
        return method, head.encode(), body

    def _do_http(self, step):
        method, head, body = self._request(step)
        name = step.get("connection")
        stream = self._streams.get(name) if name else None
        if stream is None:
            stream = websocket.Stream(self._base(step), self._ca_file)
            if name:
                self._streams[name] = stream
        try:
            if step.get("continue"):
                stream.write(head)
                response = websocket.read_response(stream, self._end(), method)
                if response.status != 100:
                    raise Failure(f"expected 100 Continue, got {response.status}")
                stream.write(body)
            else:
                stream.write_until_answered((head + body) * step.get("pipeline", 1))
            for _ in range(step.get("pipeline", 1)):
                response = websocket.read_response(stream, self._end(), method)
                self._check_response(response, step.get("expect", {"status": 200}))
            if step.get("ends") and not stream.ends(self._end()):
                raise Failure("the connection stays open")
        finally:
            if not name:
                stream.close()

    def _do_burst(self, step):
        """The same request on many connections at once; every answer is of one of the kinds."""
        method, head, body = self._request(step)
        streams = [websocket.Stream(self._base(step), self._ca_file) for _ in range(step["burst"])]
        try:
            for stream in streams:
                stream.write(head + body)
            counts = [0] * len(step["kinds"])
            for stream in streams:
                response = websocket.read_response(stream, self._end(), method)
                kinds = [i for i, k in enumerate(step["kinds"]) if k["status"] == response.status]
                if not kinds:
                    raise Failure(f"unexpected status {response.status}: {response.body[:200]}")
                self._check_response(response, step["kinds"][kinds[0]])
                counts[kinds[0]] += 1
        finally:
            for stream in streams:
                stream.close()
        if 0 in counts:
            raise Failure(f"answers of each kind: {counts}")

    def _check_response(self, response, expected):
        text = response.body.decode("utf-8", "replace")
        statuses = expected.get("status", 200)
        if response.status not in (statuses if isinstance(statuses, list) else [statuses]):
            raise Failure(f"expected status {statuses}, got {response.status} {text[:300]}")
        for name, value in expected.get("headers", {}).items():
            self._check(value, response.headers.get(name), f"header {name}")
        for name, words in expected.get("header_words", {}).items():
            got = {w.strip().lower() for w in response.headers.get(name, "").split(",")}
            missing = {w.lower() for w in words} - got
            if missing:
                raise Failure(f"header {name} lacks {sorted(missing)}: {sorted(got)}")
        for name in expected.get("absent_headers", []):
            if name in response.headers:
                raise Failure(f"unexpected header {name}: {response.headers[name]}")
        if "body" in expected:
            self._check(expected["body"], text, "body")
        if "json" in expected:
            try:
                body = matching.parse_json(text)
            except ValueError as error:
                raise Failure(f"the body is not JSON ({error}): {text[:300]!r}") from error
            self._check(expected["json"], body, "body")

    def _do_until(self, step):
        end = self._end()
        while True:
            try:
                return self._do_http(step["until"])
            except Failure:
                if time.monotonic() > end:
                    raise
                time.sleep(0.1)  # polls; the outcome, not the time, is what counts

    # Sockets

    def _do_open(self, step):
        headers = list(self._fill(step.get("headers", {})).items())
        credentials = self._fill(step.get("credentials", "{{auth}}"))
        if "subprotocol_lines" in step:
            lines = self._fill(step["subprotocol_lines"])
        elif "subprotocols" in step:
            lines = [", ".join(self._fill(step["subprotocols"]))] if step["subprotocols"] else []
        else:
            lines = ["aws-appsync-event-ws, " + _credential_protocol(credentials)]
        headers += [("Sec-WebSocket-Protocol", line) for line in lines]
        target = self._fill(step.get("path", "/event/realtime"))
        if "query" in step:
            target += "?" + self._fill(step["query"])
        stream = websocket.Stream(self._base(step), self._ca_file, step.get("receive_buffer"))
        early = b"".join(self._message_frames(message) for message in step.get("early", []))
        response, socket = websocket.WebSocket.open(
            stream, self._variables["host"], target, headers, step.get("version", "13"),
            self._end(), early)
        name = step["open"]
        if socket is None:
            stream.close()
        else:
            self._sockets[name] = socket
            self._show_keep_alives[name] = step.get("keep_alives") == "show"
        self._check_response(response, step.get("expect", {
            "status": 101, "headers": {"sec-websocket-protocol": "aws-appsync-event-ws"}}))

    def _message_frames(self, message, number=0):
        """The frames of one thing to send, as bytes."""
        self._variables["n"] = str(number)
        if "json" in message:
            text = json.dumps(self._fill(message["json"]), ensure_ascii=False, separators=(",", ":"))
            return websocket.frame(websocket.TEXT, text.encode())
        if "text" in message:
            return websocket.frame(websocket.TEXT, self._fill(message["text"]).encode())
        if "binary" in message:
            return websocket.frame(websocket.BINARY, message["binary"].encode())
        if "ping" in message:
            return websocket.frame(websocket.PING, message["ping"].encode())
        if "close" in message:
            reason = message.get("reason", "").encode()
            return websocket.frame(websocket.CLOSE, message["close"].to_bytes(2, "big") + reason)
        if "frame" in message:
            options = dict(message["frame"])
            opcode = options.pop("opcode")
            payload = (bytes.fromhex(options.pop("hex")) if "hex" in options
                       else self._fill(options.pop("payload", "")).encode())
            return websocket.frame(opcode, payload, **options)
        raise Failure("nothing to send")

    def _do_send(self, step):
        messages = step.get("all", [step])
        data = b"".join(self._message_frames(m, n) for n in range(step.get("repeat", 1))
                        for m in messages)
        if step.get("bytewise"):
            for i in range(len(data)):
                self._sockets[step["send"]].write(data[i:i + 1])
        else:
            self._sockets[step["send"]].write(data)

    def _receive(self, name):
        while True:
            got = self._sockets[name].receive(self._end())
            if got[0] == "text":
                try:
                    message = matching.parse_json(got[1])
                except ValueError as error:
                    raise Failure(f"the server sent no JSON ({error}): {got[1][:300]!r}") from error
                if message == {"type": "ka"} and not self._show_keep_alives[name]:
                    continue
                return ("json", message)
            return got

    def _receive_json(self, name):
        got = self._receive(name)
        if got[0] != "json":
            raise Failure(f"expected a message, got {got}")
        return got[1]

    def _do_expect(self, step):
        name = step["expect"]
        if "json" in step:
            self._check(step["json"], self._receive_json(name), "message")
        elif "pong" in step:
            got = self._receive(name)
            if got != ("pong", step["pong"].encode()):
                raise Failure(f"expected a pong, got {got}")
        elif "unordered" in step:
            self._expect_unordered(name, step["unordered"])
        elif "counts" in step:
            self._expect_counts(name, step["total"], step["counts"])
        elif "close" in step:
            self._expect_close(name, step["close"], step.get("skip"))
        else:
            raise Failure("nothing expected")

    def _expect_unordered(self, name, expected):
        waiting = list(expected)
        while waiting:
            got = self._receive_json(name)
            problems = []
            for candidate in waiting:
                captures = {}
                problem = matching.mismatch(candidate, got, self._variables, captures)
                if problem is None:
                    self._variables.update(captures)
                    waiting.remove(candidate)
                    break
                problems.append(problem)
            else:
                raise Failure(f"not among those expected: {got}: {problems}")

    def _expect_counts(self, name, total, kinds):
        counts = [0] * len(kinds)
        for _ in range(total):
            got = self._receive_json(name)
            for i, kind in enumerate(kinds):
                if matching.mismatch(kind["json"], got, self._variables, {}) is None:
                    counts[i] += 1
                    break
            else:
                raise Failure(f"none of the expected kinds: {got}")
        for count, kind in zip(counts, kinds):
            if not kind.get("min", 0) <= count <= kind.get("max", total):
                raise Failure(f"{count} times {kind['json']}, expected between "
                              f"{kind.get('min', 0)} and {kind.get('max', total)}")

    def _expect_close(self, name, code, skip):
        got = self._receive(name)
        while skip is not None and got[0] == "json":
            self._check(skip, got[1], "message")
            got = self._receive(name)
        if got[:2] != ("close", code):
            raise Failure(f"expected close {code}, got {got}")
        socket = self._sockets[name]
        socket.write(websocket.frame(websocket.CLOSE, code.to_bytes(2, "big")))
        if not socket.ends(self._end()):
            raise Failure("something follows the close frame")

    # The function that the server asks

    def _function(self):
        return self._server.function if self._server else None

    def _do_function(self, step):
        what = step["function"]
        if what in ("hold", "release"):
            getattr(self._function(), what)()
        else:
            self._function().prepare(self._fill(what))

    def _do_invoked(self, step):
        got = self._function().next(self._deadline)
        if got is None:
            raise Failure("the function has not been invoked")
        kind, event = got
        if kind != step["invoked"]:
            raise Failure(f"expected an invocation {step['invoked']}, got {kind}")
        self._check(step["json"], matching.parse_json(event), "event")

    def _check_function(self):
        left = self._function().settle() if self._function() else []
        if left:
            raise Failure(f"the function was invoked once more: {left[0][1][:300]}")

    # Short forms of what nearly every transcript does

    def _do_subscribe(self, step):
        name, message = step["subscribe"], {"type": "subscribe", "id": step.get("id", "s"),
                                            "channel": step["channel"], "authorization": "{{auth}}"}
        self._do_send({"send": name, "json": message})
        self._check({"type": "subscribe_success", "id": message["id"]}, self._receive_json(name),
                    "message")

    def _do_publish(self, step):
        successful = [{"identifier": "{{uuid}}", "index": i} for i in range(len(step["events"]))]
        self._do_http({
            "http": "POST /event", "json": {"channel": step["publish"], "events": step["events"]},
            "expect": {"status": 200, "json": {"failed": [], "successful": successful}}})

    def _do_data(self, step):
        expected = {"type": "data", "id": step.get("id", "s"), "event": step["event"]}
        self._check(expected, self._receive_json(step["data"]), "message")

    def _do_busy(self, step):
        """Publishes to the socket's subscription without a pause until it has seen N keep-alives."""
        name, end, seen = step["busy"], self._end(), 0
        while seen < step["keep_alives"]:
            if time.monotonic() > end:
                raise Failure(f"{seen} keep-alives before the deadline")
            self._do_publish({"publish": step["publish"], "events": ["1"]})
            while True:
                message = self._receive_json(name)
                if message.get("type") != "ka":
                    break
                seen += 1
            self._check({"type": "data", "id": "s", "event": "1"}, message, "message")

    def _do_fence(self, step):
        """Everything sent before has been answered: the next message answers what is sent now."""
        self._fences += 1
        name, fence = step["fence"], f"fence-{self._fences}"
        message = {"type": "unsubscribe", "id": fence}
        self._sockets[name].write(websocket.frame(websocket.TEXT, json.dumps(message).encode()))
        self._check({"type": "unsubscribe_error", "id": fence, "errors": [
            {"errorType": "UnknownOperationError", "message": f"Unknown operation id {fence}"}]},
            self._receive_json(name), "message")

    def _do_drop(self, step):
        self._sockets.pop(step["drop"]).close()

    def _do_steps(self, step):
        for _ in range(step["repeat"]):
            for inner in step["steps"]:
                self._play(inner)

    def _do_differ(self, step):
        values = [self._variables[name] for name in step["differ"]]
        if len(set(values)) != len(values):
            raise Failure(f"the same value twice: {values}")

    # The daemon itself

    def _do_daemon(self, step):
        if step["daemon"] == "signal":
            self._server.signal(step["signal"])
        elif step["daemon"] == "restart":
            self._server.signal(step.get("signal", "TERM"))
            self._server.wait()
            if step.get("wipe"):
                self._server.wipe()
            self._server.start()
            self._url = self._server.url
            self._variables["host"] = self._url.split("//")[1]
        else:
            raise Failure("unknown daemon step")
