#!/usr/bin/env python3
"""Signs random requests with botocore and with eventsd: canonical requests and signatures must be
the same, and eventsd must accept botocore's. Skipped (77) where botocore is not installed.

    botocore_test.py ORACLE [--requests N] [--seed N]
"""
import argparse
import datetime
import json
import random
import subprocess
import sys
import urllib.parse

try:
    import botocore.auth
    from botocore.awsrequest import AWSRequest
    from botocore.credentials import Credentials
except ImportError:
    print("skipped: python3-botocore is not installed")
    sys.exit(77)

TIME = 1_769_860_800  # 2026-01-31T12:00:00Z
LETTERS = "abcXYZ019-._~ $&+,/:;=@!'()*é日😀%\"<>\\^`{|}"


def text(rng, low, high, letters=LETTERS):
    return "".join(rng.choice(letters) for _ in range(rng.randint(low, high)))


def make_request(rng):
    segments = [rng.choice([".", "..", "", "event", text(rng, 1, 8)]) for _ in range(rng.randint(0, 5))]
    path = "/" + "/".join(urllib.parse.quote(segment, safe="") for segment in segments)
    # As clients send it: percent-encoded with upper-case digits, nothing left out.
    query = "&".join(
        urllib.parse.quote(text(rng, 1, 4), safe="-_.~") + "=" + urllib.parse.quote(text(rng, 0, 6), safe="-_.~")
        for _ in range(rng.randint(0, 5)))
    headers = [["host", "example%d.test:8080" % rng.randint(0, 9)]]
    for name in rng.sample(["content-type", "accept", "x-amz-target", "x-amz-user-agent", "my-header", "zz"], rng.randint(0, 4)):
        headers.append([name, text(rng, 0, 12, "ab  ;,=/\"é")])
    return {
        "method": rng.choice(["GET", "POST", "PUT", "DELETE"]),
        "path": path,
        "query": query,
        "headers": headers,
        "body": text(rng, 0, 200),
        "access_key": "AKID" + text(rng, 4, 16, "ABC123"),
        "secret": text(rng, 20, 60, "abc/+XYZ09"),
        "token": rng.choice(["", text(rng, 20, 300, "abc/+XYZ09=")]),
        "region": rng.choice(["us-east-1", "eu-central-1"]),
        "service": rng.choice(["appsync", "dynamodb", "lambda"]),
        "time": TIME + rng.randint(0, 10**7),
    }


class Signer(botocore.auth.SigV4Auth):
    """The part of add_auth() that signs, at a time of our choice, for a URL that is sent as it is."""

    def sign(self, request, asked):
        moment = datetime.datetime.fromtimestamp(asked["time"], datetime.timezone.utc)
        request.context["timestamp"] = moment.strftime(botocore.auth.SIGV4_TIMESTAMP)
        request.headers["X-Amz-Date"] = request.context["timestamp"]
        if self.credentials.token:
            request.headers["X-Amz-Security-Token"] = self.credentials.token
        canonical = self.canonical_request(request)
        signature = self.signature(self.string_to_sign(request, canonical), request)
        self._inject_signature_to_request(request, signature)
        return canonical, request.headers["Authorization"]


def by_botocore(asked):
    credentials = Credentials(asked["access_key"], asked["secret"], asked["token"] or None)
    host = dict(asked["headers"])["host"]
    url = "https://" + host + asked["path"] + ("?" + asked["query"] if asked["query"] else "")
    request = AWSRequest(method=asked["method"], url=url, data=asked["body"].encode(),
                         headers=dict(asked["headers"]))
    return Signer(credentials, asked["service"], asked["region"]).sign(request, asked)


def main():
    options = argparse.ArgumentParser()
    options.add_argument("oracle")
    options.add_argument("--requests", type=int, default=500)
    options.add_argument("--seed", type=int, default=4)
    options = options.parse_args()
    rng = random.Random(options.seed)
    asked = [make_request(rng) for _ in range(options.requests)]
    expected = [by_botocore(request) for request in asked]
    lines = "".join(json.dumps(dict(request, authorization=theirs[1])) + "\n"
                    for request, theirs in zip(asked, expected))
    run = subprocess.run([options.oracle], input=lines, capture_output=True, text=True, timeout=120, check=True)
    answers = [json.loads(line) for line in run.stdout.splitlines()]
    assert len(answers) == len(asked), run.stderr
    for request, (canonical, authorization), ours in zip(asked, expected, answers):
        same = (ours.get("authorization") == authorization and ours.get("canonical") == canonical
                and ours.get("matches"))
        if not same:
            print(json.dumps(request, indent=1), "\nbotocore:\n" + canonical, authorization, "\neventsd:")
            print(ours.get("canonical"), ours.get("authorization"), ours.get("error"), sep="\n")
            return 1
    print(f"{len(answers)} requests signed alike")
    return 0


if __name__ == "__main__":
    sys.exit(main())
