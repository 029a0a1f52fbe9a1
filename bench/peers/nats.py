"""nats-server with its WebSocket listener, without TLS and compression."""
import os

from daemon import Server
from peers.nginx import free_port, wait_for_port

NATS = "/usr/sbin/nats-server"

CONFIG = """\
listen: "127.0.0.1:{port}"
websocket {{ listen: "127.0.0.1:{ws_port}", no_tls: true, compression: false }}
"""


class Nats(Server):
    name = "nats"

    def __init__(self, work, core):
        super().__init__()
        port, ws_port = free_port(), free_port()
        config = os.path.join(work, "nats.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(port=port, ws_port=ws_port))
        self.launch([NATS, "-c", config], core)
        wait_for_port(self, ws_port)
        self.url, self.api_key = f"http://127.0.0.1:{ws_port}", "none"
