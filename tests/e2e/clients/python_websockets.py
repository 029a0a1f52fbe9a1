"""Debian's python3-websockets against a server: URL KEY WRONG_KEY [CA_FILE]. Ends with 0 when all is well."""

import asyncio
import base64
import json
import ssl
import sys
import urllib.request

import websockets


def credential_protocol(credentials):
    text = json.dumps(credentials).encode()
    return "header-" + base64.urlsafe_b64encode(text).decode().rstrip("=")


async def main(url, key, wrong_key, ca_file=None):
    context = ssl.create_default_context(cafile=ca_file) if ca_file else None
    host = url.split("//")[1]
    realtime = url.replace("http", "ws", 1) + "/event/realtime"
    authorization = {"host": host, "x-api-key": key}
    channel = "/default/python-websockets"

    def connect(credentials):
        return websockets.connect(
            realtime, ssl=context, ping_interval=0.2,
            subprotocols=["aws-appsync-event-ws", credential_protocol(credentials)])

    async def receive(socket):
        while True:
            message = json.loads(await asyncio.wait_for(socket.recv(), 30))
            if message["type"] != "ka":
                return message

    async with connect(authorization) as socket:
        assert socket.subprotocol == "aws-appsync-event-ws", socket.subprotocol
        assert not socket.extensions, socket.extensions
        await socket.send(json.dumps({"type": "connection_init"}))
        assert (await receive(socket))["type"] == "connection_ack"
        await socket.send(json.dumps({"type": "subscribe", "id": "s", "channel": channel,
                                      "authorization": authorization}))
        assert await receive(socket) == {"type": "subscribe_success", "id": "s"}

        body = json.dumps({"channel": channel, "events": ["1", "2"]}).encode()
        request = urllib.request.Request(url + "/event", body, {
            "content-type": "application/json", "x-api-key": key})
        response = await asyncio.to_thread(urllib.request.urlopen, request, context=context)
        assert response.status == 200
        assert await receive(socket) == {"type": "data", "id": "s", "event": "1"}
        assert await receive(socket) == {"type": "data", "id": "s", "event": "2"}

        for _ in range(3):  # the library's own pings run beside this
            pong = await socket.ping()
            await asyncio.wait_for(pong, 30)
        await socket.send(json.dumps({"type": "unsubscribe", "id": "s"}))
        assert await receive(socket) == {"type": "unsubscribe_success", "id": "s"}
        # A str in pieces is sent as fragments.
        text = json.dumps({"type": "publish", "id": "p", "channel": channel, "events": ["3"],
                           "authorization": authorization})
        await socket.send([text[:20], text[20:30], text[30:]])
        assert (await receive(socket))["type"] == "publish_success"
        await socket.close()
        assert socket.close_code == 1000, socket.close_code

    async with connect({"host": host, "x-api-key": wrong_key}) as socket:
        message = await receive(socket)
        assert message["type"] == "connection_error", message
        assert message["errors"][0]["errorType"] == "UnauthorizedException", message
        try:
            await asyncio.wait_for(socket.recv(), 30)
            raise AssertionError("the connection stayed open")
        except websockets.ConnectionClosedOK as closed:
            assert closed.code == 1000, closed.code


asyncio.run(main(*sys.argv[1:]))
