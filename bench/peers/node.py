"""npm's ws and socket.io: a few lines of JavaScript each that broadcast what the publisher sends."""
import os
import subprocess

from daemon import Server, ServerFailed

HERE = os.path.dirname(os.path.abspath(__file__))


def install():
    """npm ci in this folder, when it has not been done; the lock file pins the versions."""
    if not os.path.isdir(os.path.join(HERE, "node_modules", "socket.io")):
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=HERE, check=True,
                       stdout=subprocess.DEVNULL, timeout=300)


class Node(Server):
    script = ""

    def __init__(self, _work, core):
        super().__init__()
        self.launch(["node", os.path.join(HERE, self.script)], core, stdout=subprocess.PIPE)
        line = self.process.stdout.readline().decode()
        if not line.startswith("listening "):
            raise ServerFailed(f"{self.name} did not start: " + self.output())
        self.url, self.api_key = "http://" + line.split()[1], "none"


class Ws(Node):
    name, script = "ws", "ws_server.js"


class SocketIo(Node):
    name, script = "socketio", "socketio_server.js"
