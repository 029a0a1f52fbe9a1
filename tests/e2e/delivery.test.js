// The delivery contract under load, seen from outside: one order, no gap, no duplicate, through
// replay, restart and kill.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import WebSocket from 'ws';
import { Daemon, credentialProtocol } from './support/daemon.js';
import { Inbox } from './support/inbox.js';

const unlimited = { limits: { publishesPerSecondPerConnection: 0 } };

// Everything that is stored in a channel, page by page, oldest first.
async function history(daemon, channel) {
  const all = [];
  let cursor = '';
  do {
    const response = await fetch(
      `${daemon.origin}/event/history?channel=${channel}&limit=1000${cursor && `&before=${cursor}`}`,
      { headers: { 'x-api-key': daemon.key } },
    );
    assert.equal(response.status, 200);
    const page = await response.json();
    all.unshift(...page.events);
    cursor = page.nextCursor;
  } while (cursor);
  return all;
}

async function publish(daemon, channel, events) {
  const response = await fetch(`${daemon.origin}/event`, {
    method: 'POST',
    headers: { 'x-api-key': daemon.key, 'content-type': 'application/json' },
    body: JSON.stringify({ channel, events: events.map((event) => JSON.stringify(event)) }),
  });
  const body = await response.json();
  return response.status === 200 && body.failed.length === 0;
}

// One subscription on a connection of its own; got: every event with its cursor, in order.
async function subscribe(daemon, channel, replay) {
  const authorization = { host: 'x', 'x-api-key': daemon.key };
  const socket = new WebSocket(`${daemon.origin.replace('http', 'ws')}/event/realtime`, [
    'aws-appsync-event-ws',
    credentialProtocol(authorization),
  ]);
  const answers = new Inbox();
  const subscriber = { socket, got: [], closed: null, answers, last: null };
  subscriber.ended = new Promise((resolve) =>
    socket.on('close', (code) => {
      subscriber.closed = code;
      resolve(code);
    }),
  );
  socket.on('error', () => {});
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.type !== 'data') {
      if (message.type !== 'ka') answers.push(message);
      return;
    }
    subscriber.got.push({ event: JSON.parse(message.event), cursor: message.cursor });
    subscriber.onEvent?.();
  });
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  socket.send(
    JSON.stringify({
      type: 'subscribe',
      id: 's',
      channel,
      authorization,
      ...(replay && { replay }),
    }),
  );
  subscriber.success = await answers.take('subscribe_success');
  assert.equal(subscriber.success.type, 'subscribe_success', JSON.stringify(subscriber.success));
  return subscriber;
}

// Resolves when the subscriber has seen the event.
function seen(subscriber, event) {
  const has = () => subscriber.got.some((item) => item.event === event);
  return new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${event} has not arrived`)), 60_000);
    subscriber.onEvent = () => {
      if (has()) {
        clearTimeout(timer);
        resolve();
      }
    };
    subscriber.onEvent();
  });
}

// Publishes batches to several channels until told to stop; resolves to what was acknowledged.
function publishers(daemon, count, isStopped) {
  const acknowledged = [];
  const work = Array.from({ length: count }, async (_, p) => {
    for (let n = 0; !isStopped(); ++n) {
      const batch = Array.from({ length: 1 + (n % 5) }, (_, i) => `${p}-${n}-${i}`);
      const accepted = await publish(daemon, `/default/load/c${(p + n) % 5}`, batch).catch(
        () => false,
      );
      if (accepted) acknowledged.push(...batch);
    }
  });
  return Promise.all(work).then(() => acknowledged);
}

test('subscribers that join under load with replay miss nothing and see nothing twice', async (t) => {
  const daemon = await Daemon.start(unlimited);
  let stopped = false;
  assert(await publish(daemon, '/default/load/c0', ['first']));
  const plain = await subscribe(daemon, '/default/load/*');
  const load = publishers(daemon, 6, () => stopped);
  const joined = [];
  for (let i = 0; i < 40; ++i) {
    const newest = joined.at(-1)?.got.at(-1)?.cursor;
    const replay =
      i % 3 === 0 || !newest
        ? { last: 1000 }
        : i % 3 === 1
          ? { after: newest }
          : { after: joined[0].success.cursor };
    joined.push(
      await subscribe(daemon, i % 4 === 3 ? '/default/load/c1' : '/default/load/*', replay),
    );
    joined.at(-1).channel = i % 4 === 3 ? '/default/load/c1' : '/default/load/*';
    await publish(daemon, '/default/load/c2', [`tick ${i}`]);
  }
  stopped = true;
  const acknowledged = await load;
  for (const channel of ['c0', 'c1'])
    assert(await publish(daemon, `/default/load/${channel}`, [`end ${channel}`]));
  for (const subscriber of joined) await seen(subscriber, 'end c1');
  await seen(plain, 'end c1');
  const stored = await history(daemon, '/default/load/*');
  t.diagnostic(`${stored.length} events, ${acknowledged.length} acknowledged under load`);

  await t.test('every acknowledged event is stored once', () => {
    const events = stored.map((item) => JSON.parse(item.event));
    assert.equal(new Set(events).size, events.length);
    const set = new Set(events);
    assert.deepEqual(
      acknowledged.filter((event) => !set.has(event)),
      [],
    );
  });

  await t.test('each replay is followed by live events without gap or duplicate', () => {
    for (const { got, channel, success } of joined) {
      assert.equal(success.recovered, true);
      const relevant = stored.filter((item) => channel.endsWith('*') || item.channel === channel);
      const position = relevant.findIndex((item) => item.cursor === got[0].cursor);
      assert.notEqual(position, -1);
      assert.deepEqual(
        got.map((item) => item.cursor),
        relevant.slice(position).map((item) => item.cursor),
      );
      // The start, too: what stands before is at or before the cursor of subscribe_success.
      const start = stored.findIndex((item) => item.cursor === success.cursor);
      const next = stored
        .slice(start + 1)
        .find((item) => channel.endsWith('*') || item.channel === channel);
      if (start >= 0) assert.equal(got[0].cursor, next.cursor);
    }
  });

  await t.test('a subscriber without replay sees the same order from its beginning on', () => {
    const events = stored.map((item) => JSON.parse(item.event));
    assert.deepEqual(
      plain.got.map((item) => item.event),
      events.slice(1),
    );
  });

  for (const { socket } of [...joined, plain]) socket.close();
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('a backlog far larger than the outbound queue is replayed whole', async (t) => {
  const daemon = await Daemon.start({
    limits: { ...unlimited.limits, maxOutboundQueue: '256KiB' },
  });
  const text = 'x'.repeat(40_000);
  for (let n = 0; n < 60; ++n) {
    assert(
      await publish(
        daemon,
        '/default/backlog',
        [0, 1, 2].map((i) => `${n}-${i} ${text}`),
      ),
    );
  }
  const subscriber = await subscribe(daemon, '/default/backlog', { last: 1000 });
  let live = 0;
  const more = (async () => {
    for (; live < 20; ++live) assert(await publish(daemon, '/default/backlog', [`live ${live}`]));
  })();
  await more;
  await seen(subscriber, 'live 19');
  assert.equal(subscriber.closed, null);
  const expected = [];
  for (let n = 0; n < 60; ++n) for (const i of [0, 1, 2]) expected.push(`${n}-${i}`);
  for (let n = 0; n < 20; ++n) expected.push(`live ${n}`);
  assert.deepEqual(
    subscriber.got.map(({ event }) => (event.startsWith('live') ? event : event.split(' ')[0])),
    expected,
  );
  subscriber.socket.close();
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

for (const signal of ['SIGTERM', 'SIGKILL']) {
  test(`after ${signal} under load every acknowledged event is there and replay goes on`, async (t) => {
    const daemon = await Daemon.start(unlimited);
    assert(await publish(daemon, '/default/load/c0', ['first']));
    const before = await subscribe(daemon, '/default/load/*', { last: 0 });
    let stopped = false;
    const load = publishers(daemon, 6, () => stopped);
    // Enough to be in the middle of it.
    for (let i = 0; i < 20; ++i) await publish(daemon, '/default/load/c3', [`tick ${i}`]);
    const restarted = daemon.restart(signal);
    const code = await before.ended;
    if (signal === 'SIGTERM') assert.equal(code, 1012);
    stopped = true;
    const acknowledged = await load;
    await restarted;

    const stored = await history(daemon, '/default/load/*');
    const events = stored.map((item) => JSON.parse(item.event));
    const set = new Set(events);
    t.diagnostic(
      `${stored.length} stored, ${acknowledged.length} acknowledged, ${before.got.length} delivered`,
    );
    assert.equal(set.size, events.length);
    assert.deepEqual(
      acknowledged.filter((event) => !set.has(event)),
      [],
    );
    // What was delivered is the beginning of what is stored.
    assert.deepEqual(
      before.got.map((item) => item.event),
      events.slice(1, 1 + before.got.length),
    );

    const after = await subscribe(daemon, '/default/load/*', { after: before.got.at(-1).cursor });
    assert.equal(after.success.recovered, true);
    assert(await publish(daemon, '/default/load/c4', ['end']));
    await seen(after, 'end');
    assert.deepEqual(
      [...before.got, ...after.got].map((item) => item.event),
      [...events.slice(1), 'end'],
    );
    after.socket.close();
    await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
  });
}

test('a cursor of a store that was lost is told so, and live events follow', async () => {
  const daemon = await Daemon.start(); // its API's id is generated, and lost with the store
  const before = await subscribe(daemon, '/default/lost', { last: 0 });
  await daemon.restart('SIGTERM', () => fs.rmSync(daemon.data, { recursive: true }));
  const after = await subscribe(daemon, '/default/lost', { after: before.success.cursor });
  assert.equal(after.success.recovered, false);
  assert(await publish(daemon, '/default/lost', ['live']));
  await seen(after, 'live');
  after.socket.close();
  await daemon.stop();
});
