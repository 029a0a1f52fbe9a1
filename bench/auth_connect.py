#!/usr/bin/python3
"""Connects a second with each authorization mode: upgrade, connection_init, connection_ack,
subscribe, subscribe_success, credentials checked at the upgrade and at the subscribe.

Tokens and signatures are the same for every connection of a run, as they are for the connections of
one browser or one service: Cognito, OIDC and Lambda answer from their caches after the first, AWS_IAM
and API keys check every time. The server has one event loop and the first core, the client the last.

  bench/auth_connect.py --bin build/release/src/eventsd [--runs 5] [--json FILE]
"""
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import measure
from daemon import API_KEY, Eventsd
from measure import median

ACCESS_KEY, SECRET_KEY = "AKIABENCHBENCHBENCH1", "benchbenchbenchbenchbenchbenchbenchbench"

class Function(BaseHTTPRequestHandler):
    """Says yes to everybody."""
    protocol_version = "HTTP/1.1"

    def do_POST(self):
        self.rfile.read(int(self.headers["content-length"]))
        body = b'{"isAuthorized":true}'
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


def free_port():
    """The admin address must be known before the daemon starts: the issuer is there."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class AuthConnect(measure.Bench):
    def server(self, work, mode, function_url):
        """eventsd that takes `mode` for everything."""
        folder = tempfile.mkdtemp(dir=work)
        issuer = f"http://127.0.0.1:{free_port()}"
        config = os.path.join(folder, "bench.yaml")
        provider = {
            "API_KEY": "{ authType: API_KEY }",
            "AWS_IAM": "{ authType: AWS_IAM }",
            "OPENID_CONNECT":
                f'{{ authType: OPENID_CONNECT, openIDConnectConfig: {{ issuer: "{issuer}/dev-issuer" }} }}',
            "AMAZON_COGNITO_USER_POOLS":
                "{ authType: AMAZON_COGNITO_USER_POOLS, cognitoConfig: { userPoolId: local_bench, "
                f'awsRegion: us-east-1, issuer: "{issuer}/dev-issuer" }} }}',
            "AWS_LAMBDA":
                "{ authType: AWS_LAMBDA, lambdaAuthorizerConfig: { authorizerUri: auth, "
                "authorizerResultTtlInSeconds: 300 } }",
        }[mode]
        with open(config, "w", encoding="utf-8") as file:
            file.write(f"""\
listen: ["127.0.0.1:0"]
admin: {{ listen: "{issuer.removeprefix('http://')}" }}
dataDir: {folder}
threads: 1
log: {{ level: warn, format: text }}
drainTimeout: 1s
devIssuer: {{ enabled: true }}
iam:
  users:
    - accessKeyId: {ACCESS_KEY}
      secretAccessKey: {SECRET_KEY}
      policy: [ {{ Effect: Allow, Action: "appsync:*", Resource: "*" }} ]
lambda:
  functions: {{ auth: {{ url: "{function_url}" }} }}
api:
  name: bench
  authProviders: [ {provider} ]
  connectionAuthModes: [ {mode} ]
  defaultPublishAuthModes: [ {mode} ]
  defaultSubscribeAuthModes: [ {mode} ]
  apiKeys: [ {{ id: {API_KEY} }} ]
  channelNamespaces: [ {{ name: default }} ]
""")
        return Eventsd(self.args.bin, folder, core=self.server_core, config=config)

    def eventsd_says(self, *arguments):
        return subprocess.run([self.args.bin, *arguments], stdout=subprocess.PIPE, check=True,
                              text=True).stdout.strip()

    def credentials(self, mode, server, folder):
        """Of the upgrade, and of the subscribe: JSON texts."""
        host = server.url.removeprefix("http://")
        if mode == "API_KEY":
            return [json.dumps({"host": host, "x-api-key": API_KEY})] * 2
        if mode == "AWS_IAM":
            keys = ["--access-key-id", ACCESS_KEY, "--secret-access-key", SECRET_KEY, "--url",
                    server.url + "/event"]
            return [self.eventsd_says("sign", "--operation", "connect", *keys),
                    self.eventsd_says("sign", "--operation", "subscribe", *keys,
                                      '{"channel":"/default/bench"}')]
        token = "custom-token" if mode == "AWS_LAMBDA" else self.eventsd_says(
            "token", "--data-dir", folder)
        return [json.dumps({"host": host, "Authorization": token})] * 2

    def all(self):
        function = ThreadingHTTPServer(("127.0.0.1", 0), Function)
        threading.Thread(target=function.serve_forever, daemon=True).start()
        url = f"http://127.0.0.1:{function.server_address[1]}"
        count = 100 if self.args.smoke else 10000
        print(f"  {'':<28} {'connects/s':>12} {'CPU each':>12}")

        def side(mode):
            def run(work):
                with self.server(work, mode, url) as server:
                    first, then = self.credentials(mode, server, os.path.dirname(server.config))
                    return self.load(server, "connect", "--connections", count,
                                     "--connect-credentials", first, "--credentials", then)
            return run
        modes = ("API_KEY", "AWS_IAM", "OPENID_CONNECT", "AMAZON_COGNITO_USER_POOLS", "AWS_LAMBDA")
        found = self.interleave({mode: side(mode) for mode in modes})
        for mode in modes:
            rate = median([run["connections_per_second"] for run in found[mode]])
            cpu = median([run["server_cpu_us_per_connection"] for run in found[mode]])
            self.rows.append({"what": mode, "connections_per_second": rate, "cpu_us": cpu,
                              "runs": found[mode]})
            print(f"  {mode:<28} {rate:>12.0f} {cpu:>9.1f} us", flush=True)
        function.shutdown()


def main():
    args = measure.arguments(__doc__, 5, ("load",))
    bench = AuthConnect(args)
    return measure.main(bench, bench.all)


if __name__ == "__main__":
    sys.exit(main())
