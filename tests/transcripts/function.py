"""A stand-in for Lambda: serves the Invoke API on loopback, keeps what it is asked and answers what a
transcript says."""

import collections
import http.server
import json
import queue
import threading


def _with_ids(answer, event):
    """{"event": N} anywhere in the answer is the id of event N."""
    if isinstance(answer, dict) and set(answer) == {"event"}:
        return json.loads(event)["events"][answer["event"]]["id"]
    if isinstance(answer, dict):
        return {name: _with_ids(value, event) for name, value in answer.items()}
    if isinstance(answer, list):
        return [_with_ids(value, event) for value in answer]
    return answer


class Function:
    """One function. Invocations are (type, event text), in the order of their arrival."""

    def __init__(self):
        self._invocations = queue.Queue()
        self._answers = collections.deque()
        self._free = threading.Event()
        self._free.set()
        function = self

        class Handler(http.server.BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self):
                body = self.rfile.read(int(self.headers["content-length"])).decode()
                function._serve(self, body)

            def log_message(self, *_):
                pass

        self._server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _serve(self, request, event):
        kind = request.headers["x-amz-invocation-type"]
        known = request.path == "/2015-03-31/functions/fn/invocations"
        self._invocations.put((kind if known else f"{kind} {request.path}", event))
        self._free.wait()
        answer = self._answers.popleft() if self._answers else {}
        returned = _with_ids(answer.get("json"), event)
        body = b"" if kind == "Event" else json.dumps(returned, separators=(",", ":")).encode()
        request.send_response(202 if kind == "Event" else 200)
        if "error" in answer:
            request.send_header("X-Amz-Function-Error", answer["error"])
        request.send_header("Content-Length", str(len(body)))
        request.end_headers()
        request.wfile.write(body)

    def prepare(self, answer):
        """The next answer: {"json": what the function returns, "error": "Unhandled"}; else null."""
        self._answers.append(answer)

    def hold(self):
        """No answer goes out from now on."""
        self._free.clear()

    def release(self):
        self._free.set()

    def next(self, seconds):
        """The next invocation, or None."""
        try:
            return self._invocations.get(timeout=seconds)
        except queue.Empty:
            return None

    def settle(self):
        """Forgets what is left of a transcript; returns the invocations that nobody has asked for."""
        self.release()
        self._answers.clear()
        left = []
        while not self._invocations.empty():
            left.append(self._invocations.get())
        return left

    def stop(self):
        self.release()
        self._server.shutdown()
        self._server.server_close()
