"""A WebSocket client that can also break the rules: frames are made by hand, one by one.

It speaks over a plain socket so that a transcript can send what no library would.
"""

import base64
import hashlib
import os
import select
import socket
import ssl
import struct
import time
import urllib.parse

CONTINUATION, TEXT, BINARY, CLOSE, PING, PONG = 0, 1, 2, 8, 9, 10
_GUID = b"258EAFA5-E914-47DA-95CA-C5AB0DC85B11"


class Violation(Exception):
    """The server broke RFC 6455 or HTTP."""


class Stream:
    """A connected socket with a read buffer and a deadline on every wait."""

    def __init__(self, url, ca_file=None, receive_buffer=None):
        parts = urllib.parse.urlsplit(url)
        secure = parts.scheme in ("https", "wss")
        port = parts.port or (443 if secure else 80)
        address = (parts.hostname, port)
        if receive_buffer is None:
            self._socket = socket.create_connection(address, timeout=10)
        else:
            # The window is fixed before the handshake, so that the peer cannot send far ahead.
            family = socket.getaddrinfo(*address, type=socket.SOCK_STREAM)[0][0]
            self._socket = socket.socket(family, socket.SOCK_STREAM)
            self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_buffer)
            self._socket.settimeout(10)
            self._socket.connect(address)
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if secure:
            context = ssl.create_default_context(cafile=ca_file)
            self._socket = context.wrap_socket(self._socket, server_hostname=parts.hostname)
        self._buffer = bytearray()
        self._broken = False

    def write(self, data):
        """Sends everything; a peer that has gone away shows in the next read."""
        try:
            self._socket.settimeout(30)
            self._socket.sendall(data)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            self._broken = True

    def write_until_answered(self, data):
        """Sends as much as the peer wants: a server may refuse a body before it has all of it."""
        if isinstance(self._socket, ssl.SSLSocket):  # readable may only mean a session ticket
            self.write(data)
            return
        view = memoryview(data)
        while view and not self._broken:
            readable, _, _ = select.select([self._socket], [], [], 0)
            if readable:
                return
            piece = view[:65536]
            self.write(piece)
            view = view[len(piece):]

    def _fill(self, deadline):
        """Reads once; False at the end of the stream."""
        pending = getattr(self._socket, "pending", lambda: 0)()
        if not pending:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._socket], [], [], left)[0]:
                raise TimeoutError("nothing arrived before the deadline")
        self._socket.settimeout(max(deadline - time.monotonic(), 0.001))
        try:
            data = self._socket.recv(65536)
        except (ConnectionResetError, ssl.SSLError):
            return False
        self._buffer += data
        return bool(data)

    def read(self, count, deadline):
        """Exactly `count` bytes; None when the stream ends before them."""
        while len(self._buffer) < count:
            if not self._fill(deadline):
                return None
        data = bytes(self._buffer[:count])
        del self._buffer[:count]
        return data

    def read_until(self, mark, deadline):
        """Everything up to and including `mark`; None when the stream ends before it."""
        while True:
            end = self._buffer.find(mark)
            if end >= 0:
                return self.read(end + len(mark), deadline)
            if not self._fill(deadline):
                return None

    def ends(self, deadline):
        """True when the peer closes without sending more."""
        return not self._buffer and not self._fill(deadline)

    def read_to_end(self, deadline):
        while self._fill(deadline):
            pass
        data = bytes(self._buffer)
        self._buffer.clear()
        return data

    def close(self):
        self._socket.close()


class Response:
    """An HTTP response; header names are lower case, a repeated header is joined by commas."""

    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body


def read_response(stream, deadline, method="GET"):
    """One HTTP/1.1 response; 101 and 100 have no body."""
    head = stream.read_until(b"\r\n\r\n", deadline)
    if head is None:
        raise Violation("the connection was closed without a response")
    lines = head.decode("latin-1").split("\r\n")
    version, status, *_ = lines[0].split(" ")
    if version not in ("HTTP/1.1", "HTTP/1.0"):
        raise Violation(f"not an HTTP response: {lines[0]!r}")
    headers = {}
    for line in lines[1:]:
        if line:
            name, _, value = line.partition(":")
            name, value = name.strip().lower(), value.strip()
            headers[name] = f"{headers[name]}, {value}" if name in headers else value
    status = int(status)
    if status < 200 or status in (204, 304) or method == "HEAD":
        return Response(status, headers, b"")
    if headers.get("transfer-encoding", "").lower() == "chunked":
        body = b""
        while True:
            size = int(stream.read_until(b"\r\n", deadline).split(b";")[0], 16)
            piece = stream.read(size + 2, deadline)
            if size == 0:
                return Response(status, headers, body)
            body += piece[:-2]
    if "content-length" in headers:
        body = stream.read(int(headers["content-length"]), deadline)
        if body is None:
            raise Violation("the body is shorter than content-length")
        return Response(status, headers, body)
    return Response(status, headers, stream.read_to_end(deadline))


def frame(opcode, payload, fin=True, rsv=0, masked=True, length_bytes=None, declared=None):
    """One client frame. `length_bytes` (2 or 8) is a longer length than needed; `declared` lies."""
    size = len(payload) if declared is None else declared
    head = bytearray([(0x80 if fin else 0) | (rsv << 4) | opcode])
    mask_bit = 0x80 if masked else 0
    if length_bytes == 8 or (length_bytes is None and size > 65535):
        head.append(mask_bit | 127)
        head += struct.pack(">Q", size)
    elif length_bytes == 2 or (length_bytes is None and size > 125):
        head.append(mask_bit | 126)
        head += struct.pack(">H", size)
    else:
        head.append(mask_bit | size)
    if not masked:
        return bytes(head) + payload
    key = os.urandom(4)
    whole = key * (len(payload) // 4 + 1)
    number = int.from_bytes(payload, "big") ^ int.from_bytes(whole[:len(payload)], "big")
    return bytes(head) + key + number.to_bytes(len(payload), "big")


class WebSocket:
    """The client's end of one connection."""

    def __init__(self, stream):
        self._stream = stream
        self._fragments = None

    @staticmethod
    def open(stream, host, target, headers, version="13", deadline=None, early=b""):
        """Sends the upgrade request; returns (response, WebSocket or None when not upgraded).

        `early` is sent in the same write, before the server has answered.
        """
        key = base64.b64encode(os.urandom(16)).decode()
        lines = [f"GET {target} HTTP/1.1", f"Host: {host}", "Upgrade: websocket",
                 "Connection: Upgrade", f"Sec-WebSocket-Key: {key}",
                 f"Sec-WebSocket-Version: {version}"]
        lines += [f"{name}: {value}" for name, value in headers]
        stream.write(("\r\n".join(lines) + "\r\n\r\n").encode() + early)
        response = read_response(stream, deadline)
        if response.status != 101:
            return response, None
        accept = base64.b64encode(hashlib.sha1(key.encode() + _GUID).digest()).decode()
        if response.headers.get("sec-websocket-accept") != accept:
            raise Violation("Sec-WebSocket-Accept does not belong to the key")
        return response, WebSocket(stream)

    def write(self, data):
        self._stream.write(data)

    def _frame(self, deadline):
        head = self._stream.read(2, deadline)
        if head is None:
            return None
        fin, rsv, opcode = head[0] >> 7, (head[0] >> 4) & 7, head[0] & 15
        if head[1] & 0x80:
            raise Violation("the server masked a frame")
        if rsv:
            raise Violation("the server set a reserved bit")
        size = head[1] & 127
        if size == 126:
            size = struct.unpack(">H", self._stream.read(2, deadline))[0]
        elif size == 127:
            size = struct.unpack(">Q", self._stream.read(8, deadline))[0]
        payload = self._stream.read(size, deadline)
        return None if payload is None else (fin, opcode, payload)

    def receive(self, deadline):
        """The next message: ("text", str), ("pong", bytes), ("close", code, reason), ("end",).

        Pings of the server are answered here.
        """
        while True:
            got = self._frame(deadline)
            if got is None:
                return ("end",)
            fin, opcode, payload = got
            if opcode == PING:
                self.write(frame(PONG, payload))
            elif opcode == PONG:
                return ("pong", payload)
            elif opcode == CLOSE:
                if len(payload) < 2:
                    return ("close", 1005, "")
                code = struct.unpack(">H", payload[:2])[0]
                return ("close", code, payload[2:].decode())
            elif opcode in (TEXT, CONTINUATION):
                if (opcode == CONTINUATION) != (self._fragments is not None):
                    raise Violation("the server's fragments are out of order")
                self._fragments = (self._fragments or b"") + payload
                if fin:
                    text, self._fragments = self._fragments.decode("utf-8"), None
                    return ("text", text)
            else:
                raise Violation(f"the server sent opcode {opcode}")

    def ends(self, deadline):
        """True when nothing but the end of the stream follows."""
        return self._frame(deadline) is None

    def close(self):
        self._stream.close()
