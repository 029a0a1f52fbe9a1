// Plain clients: Node's ws, Python's websockets, wscat, curl.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import fs from 'node:fs';
import readline from 'node:readline';
import WebSocket from 'ws';
import { Daemon, credentialProtocol, makeApiKey } from './support/daemon.js';
import { Inbox } from './support/inbox.js';
import { run } from './support/process.js';

const file = (name) => fileURLToPath(new URL(name, import.meta.url));
const python = '/usr/bin/python3';
let plain, tls, authorization;

before(async () => {
  plain = await Daemon.start();
  tls = await Daemon.start({ tls: { selfSigned: true } });
  authorization = { host: new URL(plain.origin).host, 'x-api-key': plain.key };
});

after(async () => {
  await plain.stop();
  await tls.stop();
});

// A connection of npm's ws; messages() yields parsed messages without keep-alives.
async function open(daemon, credentials, options) {
  const url = daemon.origin.replace('http', 'ws') + '/event/realtime';
  const socket = new WebSocket(
    url,
    ['aws-appsync-event-ws', credentialProtocol(credentials)],
    options,
  );
  const inbox = new Inbox();
  socket.on('message', (data, isBinary) => {
    assert(!isBinary);
    const message = JSON.parse(data);
    if (message.type !== 'ka') inbox.push(message);
  });
  socket.on('close', (code, reason) => inbox.push({ closed: code, reason: reason.toString() }));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  return { socket, inbox, send: (message) => socket.send(JSON.stringify(message)) };
}

test('ws: init, subscribe, publish, data, unsubscribe, close', async () => {
  const { socket, inbox, send } = await open(plain, authorization);
  assert.equal(socket.protocol, 'aws-appsync-event-ws');
  assert.equal(socket.extensions, '');
  send({ type: 'connection_init' });
  assert.deepEqual(await inbox.take(), { type: 'connection_ack', connectionTimeoutMs: 300000 });
  send({ type: 'subscribe', id: 's', channel: '/default/ws/*', authorization });
  assert.deepEqual(await inbox.take(), { type: 'subscribe_success', id: 's' });
  send({ type: 'publish', id: 'p', channel: '/default/ws/x', events: ['{"a":1}'], authorization });
  const both = [await inbox.take(), await inbox.take()].sort((a, b) =>
    a.type.localeCompare(b.type),
  );
  assert.deepEqual(both[0], { type: 'data', id: 's', event: '{"a":1}' });
  assert.equal(both[1].type, 'publish_success');
  send({ type: 'unsubscribe', id: 's' });
  assert.deepEqual(await inbox.take(), { type: 'unsubscribe_success', id: 's' });
  socket.close(1000);
  assert.equal((await inbox.take()).closed, 1000);
});

test('ws: a wrong key gets connection_error and 1000', async () => {
  const wrong = makeApiKey();
  plain.secrets.push(wrong);
  const { inbox } = await open(plain, { host: 'x', 'x-api-key': wrong });
  const message = await inbox.take();
  assert.equal(message.type, 'connection_error');
  assert.equal(message.errors[0].errorCode, 401);
  assert.equal((await inbox.take()).closed, 1000);
});

test('ws: credentials as headers and as query string', async () => {
  const url = plain.origin.replace('http', 'ws') + '/event/realtime';
  for (const [query, headers] of [
    ['', { 'x-api-key': plain.key }],
    [
      `?header=${encodeURIComponent(Buffer.from(JSON.stringify(authorization)).toString('base64'))}&payload=e30%3D`,
      {},
    ],
  ]) {
    const socket = new WebSocket(url + query, ['aws-appsync-event-ws'], { headers });
    const inbox = new Inbox();
    socket.on('message', (data) => inbox.push(JSON.parse(data)));
    await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
    socket.send('{"type":"connection_init"}');
    assert.equal((await inbox.take()).type, 'connection_ack');
    socket.close();
  }
});

test('ws: over TLS with the local authority, and refused without it', async () => {
  const credentials = { host: 'x', 'x-api-key': tls.key };
  const daemon = { origin: `https://localhost:${tls.port}` };
  const { socket, inbox, send } = await open(daemon, credentials, {
    ca: fs.readFileSync(tls.caFile),
  });
  send({ type: 'connection_init' });
  assert.equal((await inbox.take()).type, 'connection_ack');
  socket.close();
  await assert.rejects(open(daemon, credentials), /self.signed|unable to (verify|get)/i);
});

test('ws: a page of 500 subscribers on 50 connections gets every event in order', async () => {
  const connections = await Promise.all(
    Array.from({ length: 50 }, () => open(plain, authorization)),
  );
  for (const { send } of connections) {
    for (let i = 0; i < 10; ++i)
      send({ type: 'subscribe', id: `s${i}`, channel: '/plain/many', authorization });
  }
  for (const { inbox } of connections) {
    for (let i = 0; i < 10; ++i) assert.equal((await inbox.take()).type, 'subscribe_success');
  }
  const expected = [];
  for (let n = 0; n < 20; ++n) {
    expected.push(String(n));
    const response = await fetch(`${plain.origin}/event`, {
      method: 'POST',
      headers: { 'x-api-key': plain.key },
      body: JSON.stringify({ channel: '/plain/many', events: [String(n)] }),
    });
    assert.equal(response.status, 200);
    await response.arrayBuffer();
  }
  for (const { socket, inbox } of connections) {
    const got = {};
    for (let i = 0; i < 200; ++i) {
      const { id, event } = await inbox.take();
      (got[id] ??= []).push(event);
    }
    for (const list of Object.values(got)) assert.deepEqual(list, expected);
    socket.close();
  }
});

test('python websockets: over plain text', async () => {
  const wrong = makeApiKey();
  plain.secrets.push(wrong);
  const { code, stderr } = await run(python, [
    file('clients/python_websockets.py'),
    plain.origin,
    plain.key,
    wrong,
  ]);
  assert.equal(code, 0, stderr);
});

test('python websockets: over TLS with the local authority', async () => {
  const wrong = makeApiKey();
  tls.secrets.push(wrong);
  const { code, stderr } = await run(python, [
    file('clients/python_websockets.py'),
    `https://localhost:${tls.port}`,
    tls.key,
    wrong,
    tls.caFile,
  ]);
  assert.equal(code, 0, stderr);
});

test('wscat: pasted text that is not JSON is answered and the connection goes on', async (t) => {
  const child = spawn(process.execPath, [
    file('node_modules/wscat/bin/wscat'),
    '--no-color',
    '-c',
    plain.origin.replace('http', 'ws') + '/event/realtime',
    '-s',
    'aws-appsync-event-ws',
    '-s',
    credentialProtocol(authorization),
  ]);
  t.after(() => child.kill());
  const lines = new Inbox();
  readline.createInterface(child.stdout).on('line', (line) => {
    const message = line.replace(/^(> )*/, ''); // wscat's prompt
    if (message.startsWith('{')) lines.push(JSON.parse(message));
  });
  const next = async () => {
    for (;;) {
      const message = await lines.take('answer in wscat');
      if (message.type !== 'ka' && message.type !== 'connection_ack') return message;
    }
  };
  // wscat listens to lines only once it is connected, and does not say so without a terminal.
  const paste = setInterval(() => child.stdin.write('{"type":"connection_init"}\n'), 100);
  t.after(() => clearInterval(paste));
  assert.equal((await lines.take('ack in wscat')).type, 'connection_ack');
  clearInterval(paste);
  child.stdin.write('hello, this is no JSON: "quotes" \\ and {braces\n');
  assert.deepEqual((await next()).errors[0].errorType, 'BadRequestException');
  child.stdin.write('12345\n');
  assert.deepEqual((await next()).errors[0].errorType, 'BadRequestException');
  child.stdin.write(
    JSON.stringify({ type: 'subscribe', id: 'cat', channel: 'default/cat', authorization }) + '\n',
  );
  assert.deepEqual(await next(), { type: 'subscribe_success', id: 'cat' });
  child.stdin.end();
  await new Promise((resolve) => child.once('exit', resolve));
});

const curl = (...args) => run('curl', ['--silent', '--show-error', '--max-time', '30', ...args]);

test('curl: publish, history and errors', async () => {
  const publish = await curl(
    '-X',
    'POST',
    `${plain.origin}/event`,
    '-H',
    'Content-Type: application/json',
    '-H',
    `x-api-key: ${plain.key}`,
    '-d',
    '{"channel":"default/curl","events":["{\\"message\\":\\"Hello world!\\"}"]}',
  );
  assert.deepEqual(Object.keys(JSON.parse(publish.stdout)), ['failed', 'successful']);
  const marker = 'querystringmarker';
  plain.secrets.push(marker);
  const history = await curl(
    `${plain.origin}/event/history?channel=/default/curl&unused=${marker}`,
    '-H',
    `x-api-key: ${plain.key}`,
  );
  assert.equal(JSON.parse(history.stdout).events.at(-1).event, '{"message":"Hello world!"}');
  const token = 'authorizationmarker';
  plain.secrets.push(token);
  const refused = await curl(
    '-w',
    '%{http_code}',
    '-o',
    '/dev/null',
    '-X',
    'POST',
    `${plain.origin}/event`,
    '-H',
    `authorization: Bearer ${token}`,
    '-d',
    '{"channel":"default/curl","events":["1"]}',
  );
  assert.equal(refused.stdout, '401');
  const http10 = await curl(
    '--http1.0',
    '-w',
    '%{http_code}',
    '-o',
    '/dev/null',
    '-X',
    'POST',
    `${plain.origin}/event`,
    '-H',
    `x-api-key: ${plain.key}`,
    '-d',
    '{"channel":"default/curl","events":["1"]}',
  );
  assert.equal(http10.stdout, '200');
});

test('curl: a body that is announced with Expect: 100-continue', async () => {
  const event = '"' + '\\"'.repeat(119_807) + '"';
  const { code, stdout, stderr } = await run(
    'curl',
    [
      '--silent',
      '--show-error',
      '--verbose',
      '--max-time',
      '30',
      '--expect100-timeout',
      '20',
      '-X',
      'POST',
      `${plain.origin}/event`,
      '-H',
      `x-api-key: ${plain.key}`,
      '-H',
      'Expect: 100-continue',
      '--data-binary',
      '@-',
    ],
    {
      input: JSON.stringify({ channel: 'plain/curl', events: [event, event, event, event, event] }),
    },
  );
  assert.equal(code, 0, stderr);
  assert.match(stderr, /< HTTP\/1.1 100/);
  assert.equal(JSON.parse(stdout).successful.length, 5);
});

test('curl: CORS preflight and the headers of the answer', async () => {
  const { stdout } = await curl(
    '-i',
    '-X',
    'OPTIONS',
    `${plain.origin}/event`,
    '-H',
    'Origin: https://app.example.com',
    '-H',
    'Access-Control-Request-Method: POST',
    '-H',
    'Access-Control-Request-Headers: content-type,x-api-key',
  );
  assert.match(stdout, /^HTTP\/1.1 20[04]/);
  assert.match(stdout, /^access-control-allow-origin: \*\r$/im);
  assert.match(stdout, /^access-control-allow-methods: .*POST/im);
  assert.match(stdout, /^access-control-allow-headers: .*x-api-key/im);
});

test('curl: TLS with the local authority, 1.2 and 1.3', async () => {
  for (const version of ['1.2', '1.3']) {
    const { code, stdout, stderr } = await curl(
      '--cacert',
      tls.caFile,
      `--tlsv${version}`,
      '--tls-max',
      version,
      '-X',
      'POST',
      `https://localhost:${tls.port}/event`,
      '-H',
      `x-api-key: ${tls.key}`,
      '-d',
      '{"channel":"default/curl","events":["1"]}',
    );
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).successful.length, 1);
  }
});
