"""Debian's nginx in a folder of its own: one process, no access log, one free loopback port."""
import os
import socket
import time

from daemon import Server, ServerFailed

NGINX = "/usr/sbin/nginx"
# As long as what eventsd answers to a publish of one event.
ANSWER = ('{"successful":[{"identifier":"00000000-0000-4000-8000-000000000000","index":0}],'
          '"failed":[]}')

CONFIG = """\
{modules}
daemon off;
master_process {master};
worker_processes 1;
worker_rlimit_nofile 20000;
user root;
pid {folder}/nginx.pid;
error_log stderr error;
events {{ worker_connections 19900; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{http}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    tcp_nodelay on;
{locations}
  }}
}}
"""


def free_port():
    """A loopback port nobody listens on; the caller binds it at once."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for_port(server, port, seconds=15):
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        if server.process.poll() is not None:
            raise ServerFailed(f"{server.name} ended with {server.process.returncode}: "
                               + server.output())
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.02)
    server.stop()
    raise ServerFailed(f"{server.name} was not ready in time: " + server.output())


def first_child(pid, seconds=10):
    """The pid of a process's first child; the master listens before it has made its worker."""
    path = f"/proc/{pid}/task/{pid}/children"
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with open(path, encoding="utf-8") as file:
            children = file.read().split()
        if children:
            return int(children[0])
        time.sleep(0.02)
    raise ServerFailed(f"process {pid} has made no worker")


class Nginx(Server):
    name = "nginx"

    def __init__(self, work, core, locations, modules="", http="", master="off"):
        super().__init__()
        port = free_port()
        config = os.path.join(work, "nginx.conf")
        with open(config, "w", encoding="utf-8") as file:
            file.write(CONFIG.format(folder=work, port=port, locations=locations, modules=modules,
                                     http=http, master=master))
        self.launch([NGINX, "-p", work, "-e", "stderr", "-c", config], core)
        wait_for_port(self, port)
        self.url, self.api_key = f"http://127.0.0.1:{port}", "none"
        self.worker = self.process.pid
        if master == "on":
            self.worker = first_child(self.process.pid)

    @property
    def pid(self):
        return self.worker


class NginxReturn(Nginx):
    """Answers every request with a fixed body: what HTTP costs by itself."""

    def __init__(self, work, core):
        super().__init__(work, core, "    location / {\n      default_type application/json;\n"
                                     f"      return 200 '{ANSWER}';\n    }}")
