// Customers' handlers in the running daemon: what they let through, what they refuse, what happens
// when their file changes or their code is hostile. Raw sockets, HTTP, and unmodified aws-amplify.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import WebSocket from 'ws';
import { Daemon, credentialProtocol } from './support/daemon.js';
import { Inbox } from './support/inbox.js';

globalThis.WebSocket ??= WebSocket; // Node 20 has none
const { Amplify } = await import('aws-amplify');
const { events } = await import('aws-amplify/data');

const chat = `
import { util } from '@aws-appsync/utils';
export function onPublish(ctx) {
  const kind = ctx.info.channel.segments[1];
  if (kind === 'closed') util.error('This room is closed', 'Closed');
  if (kind === 'members') util.unauthorized();
  console.log('publishes', ctx.request.headers);
  return ctx.events
    .filter((event) => event.payload.text !== 'spam')
    .map((event) => event.payload.text
      ? { id: event.id, payload: { ...event.payload, version: 1, room: ctx.info.channel.segments[2] } }
      : { id: event.id, error: 'Message required' });
}
export function onSubscribe(ctx) {
  const kind = ctx.info.channel.segments[1];
  if (kind === 'closed') util.error('This room is closed', 'Closed');
  if (kind === 'members') util.unauthorized();
}
`;

// Everything that a sandboxed engine must survive; the second segment chooses.
const hostile = `
const recurse = (n) => recurse(n + 1) + 1;
export function onPublish(ctx) {
  switch (ctx.info.channel.segments[1]) {
    case 'loop': for (;;) {}
    case 'recursion': return recurse(0);
    case 'allocation': { const all = []; for (;;) all.push(new Array(1000).fill('x'.repeat(100))); }
    case 'pattern': return /^(a+)+$/.test('a'.repeat(40) + 'b');
    default: return ctx.events;
  }
}
`;

let daemon;
let folder;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-handlers-'));
  for (const [name, text] of Object.entries({ chat, hostile, changing: answering(1) })) write(name, text);
  const file = (name) => path.join(folder, `${name}.js`);
  daemon = await Daemon.start({
    limits: { handler: { cpuTime: '100ms' }, publishesPerSecondPerConnection: 0 },
  });
  const key = daemon.key;
  daemon.settings.api = {
    name: 'handlers',
    authProviders: [{ authType: 'API_KEY' }],
    apiKeys: [{ id: key }],
    channelNamespaces: [
      { name: 'plain' },
      { name: 'chat', codeHandlers: file('chat') },
      { name: 'changing', codeHandlers: file('changing') },
      { name: 'hostile', codeHandlers: file('hostile') },
    ],
  };
  await daemon.restart();
  Amplify.configure({
    API: {
      Events: {
        endpoint: `HTTP://localhost:${daemon.port}/event`,
        region: 'us-east-1',
        defaultAuthMode: 'apiKey',
        apiKey: key,
      },
    },
  });
});
after(() => fs.rmSync(folder, { recursive: true, force: true }));

function answering(version) {
  return `export const onPublish = (ctx) => ctx.events.map((e) => ({ id: e.id, payload: ${version} }));`;
}

// Whole or not at all, as editors and deployments do it.
function write(name, text) {
  fs.writeFileSync(path.join(folder, `${name}.new`), text);
  fs.renameSync(path.join(folder, `${name}.new`), path.join(folder, `${name}.js`));
}

async function publish(channel, ...payloads) {
  const response = await fetch(`${daemon.origin}/event`, {
    method: 'POST',
    headers: { 'x-api-key': daemon.key, 'content-type': 'application/json' },
    body: JSON.stringify({ channel, events: payloads.map((payload) => JSON.stringify(payload)) }),
  });
  return { status: response.status, ...(await response.json()) };
}

// A raw connection; its answers and its events.
async function connect() {
  const authorization = { host: 'localhost', 'x-api-key': daemon.key };
  const socket = new WebSocket(`${daemon.origin.replace('http', 'ws')}/event/realtime`, [
    'aws-appsync-event-ws',
    credentialProtocol(authorization),
  ]);
  const answers = new Inbox();
  const data = new Inbox();
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.type === 'data') data.push(JSON.parse(message.event));
    else if (message.type !== 'ka') answers.push(message);
  });
  await new Promise((resolve, reject) => socket.on('open', resolve).on('error', reject));
  return {
    data,
    async ask(message) {
      socket.send(JSON.stringify({ ...message, authorization }));
      return answers.take('answer');
    },
    subscribe(channel) {
      return this.ask({ type: 'subscribe', id: `s${channel.length}`, channel });
    },
    close: () => socket.close(),
  };
}

test('a raw socket gets what the handler lets through, as the handler changed it', async () => {
  const a = await connect();
  assert.equal((await a.subscribe('/chat/open/red')).type, 'subscribe_success');
  const answer = await publish('/chat/open/red', { text: 'spam' }, { text: 'hello' }, {});
  assert.equal(answer.status, 200);
  assert.deepEqual(answer.successful.map((e) => e.index), [1]);
  assert.deepEqual(answer.failed.map(({ index, message, code }) => ({ index, message, code })), [
    { index: 2, message: 'Message required', code: undefined },
  ]);
  assert.deepEqual(await a.data.take(), { text: 'hello', version: 1, room: 'red' });
  a.close();
});

test('util.error and util.unauthorized refuse, over HTTP and on the socket', async () => {
  const a = await connect();
  assert.deepEqual(await publish('/chat/closed/x', { text: 'a' }), {
    status: 403,
    errors: [{ errorType: 'Closed', message: 'This room is closed' }],
  });
  assert.equal((await publish('/chat/members/x', { text: 'a' })).status, 401);
  const refused = await a.ask({ type: 'publish', id: 'p', channel: '/chat/closed/x', events: ['1'] });
  assert.equal(refused.type, 'publish_error');
  assert.deepEqual(refused.errors, [{ errorType: 'Closed', message: 'This room is closed' }]);
  assert.deepEqual((await a.subscribe('/chat/closed/x')).errors, refused.errors);
  assert.equal((await a.subscribe('/chat/members/x')).errors[0].errorType, 'Unauthorized');
  a.close();
});

test('aws-amplify publishes through a handler and receives what it made', async () => {
  const channel = await events.connect('/chat/open/blue');
  const got = new Inbox();
  channel.subscribe({ next: (data) => got.push(data.event), error: (error) => got.push({ error }) });
  // Amplify tells no moment at which a subscription stands: publish until something arrives.
  let first;
  for (let tries = 0; !first && tries < 50; tries += 1) {
    await channel.publish([{ text: 'hello' }]);
    first = await got.take('event', 500).catch(() => null);
  }
  assert.deepEqual(first, { text: 'hello', version: 1, room: 'blue' });
  const failed = await events.post('/chat/open/blue', [{ text: 'spam' }, {}]);
  assert.deepEqual(failed.map((e) => e.message), ['Message required']);
  // Over HTTP amplify tells the type and not the text.
  await assert.rejects(events.post('/chat/closed/x', [{ text: 'a' }]), /Closed/);
  channel.close();
});

test('a changed file is served without a restart, and a broken one leaves what ran', async () => {
  const a = await connect();
  await a.subscribe('/changing/a');
  await publish('/changing/a', 0);
  assert.equal(await a.data.take(), 1);
  write('changing', 'export const onPublish = (ctx => ;');
  await until(() => /changing\.js:1:\d+: .*the version that ran goes on/.test(daemon.logText()));
  await publish('/changing/a', 0);
  assert.equal(await a.data.take(), 1);
  write('changing', answering(2));
  await until(() => /handlers reread file=.*changing\.js/.test(daemon.logText()));
  // The shards take it a moment later than the log tells.
  await until(async () => {
    await publish('/changing/a', 0);
    return (await a.data.take()) === 2;
  });
  a.close();
});

test('hostile handlers fail alone: other namespaces and connections go on meanwhile', async () => {
  const a = await connect();
  await a.subscribe('/plain/a');
  await a.subscribe('/chat/open/green');
  for (const kind of ['loop', 'recursion', 'allocation', 'pattern']) {
    let ended = false;
    const attack = publish(`/hostile/${kind}/x`, 1).finally(() => (ended = true));
    let during = 0;
    do {
      assert.equal((await publish('/plain/a', kind)).status, 200);
      assert.equal(await a.data.take(), kind);
      assert.equal((await publish('/chat/open/green', { text: kind })).status, 200);
      assert.equal((await a.data.take()).text, kind);
      during += 1;
    } while (!ended && during < 10_000);
    const answer = await attack;
    assert.equal(answer.status, 500, kind);
    assert.deepEqual(answer.errors, [
      { errorType: 'HandlerExecutionError', message: 'Unable to process request' },
    ]);
  }
  assert.equal((await publish('/hostile/fine/x', 1)).status, 200);
  a.close();
});

test('the metrics count what handlers did', async () => {
  const text = await (await fetch(`${daemon.admin}/metrics`)).text();
  assert.match(text, /eventsd_handler_invocations_total\{operation="publish"\} [1-9]/);
  assert.match(text, /eventsd_handler_errors_total\{operation="subscribe",error="refused"\} [1-9]/);
  assert.match(text, /eventsd_namespace_events_dropped_total\{[^}]*"chat"[^}]*\} [1-9]/);
});

test('console lines have file, line and request, and the log holds no credential', async () => {
  const line = daemon.logText().split('\n').find((l) => l.includes('console ns=chat'));
  assert.match(line, /handler=onPublish at=\S*chat\.js:7:\d+ request=[0-9a-f-]{36}/);
  assert.match(line, /\*{8}/);
  await daemon.stop();
});

// Until it is so; fails after half a minute.
async function until(so) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 100)); // polls for another process
  }
  assert.fail('nothing changed for half a minute');
}
