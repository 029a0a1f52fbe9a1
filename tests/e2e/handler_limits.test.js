// limits.handler follows a reload while handlers run: new workers have the new limits, and no publish
// is lost, refused or failed because of the change.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Daemon } from './support/daemon.js';
import { open } from './support/auth.js';

const NAMESPACES = 4;
const handler = `
export function onPublish(ctx) {
  if (ctx.info.channel.segments[1] === 'loop') for (;;) {}
  return ctx.events.map((event) => ({ id: event.id, payload: { ...event.payload, seen: true } }));
}
`;

let daemon, folder, authorization;

before(async () => {
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-limits-'));
  fs.writeFileSync(path.join(folder, 'code.js'), handler);
  daemon = await Daemon.start((key) => ({
    limits: { handler: { cpuTime: '5s', workers: 2 }, publishesPerSecondPerConnection: 0 },
    api: {
      name: 'limits',
      authProviders: [{ authType: 'API_KEY' }],
      apiKeys: [{ id: key }],
      channelNamespaces: Array.from({ length: NAMESPACES }, (_, i) => ({
        name: `n${i}`, codeHandlers: path.join(folder, 'code.js'),
      })),
    },
  }));
  authorization = { host: `localhost:${daemon.port}`, 'x-api-key': daemon.key };
});

after(async () => {
  await daemon?.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

async function publish(channel, payload) {
  const response = await fetch(`${daemon.origin}/event`, {
    method: 'POST',
    headers: { 'x-api-key': daemon.key, 'content-type': 'application/json' },
    body: JSON.stringify({ channel, events: [JSON.stringify(payload)] }),
  });
  return { status: response.status, ...(await response.json()) };
}

async function workersReady() {
  const text = await (await fetch(`${daemon.admin}/metrics`)).text();
  return Number(text.match(/^eventsd_handler_workers_ready (\d+)$/m)[1]);
}

// Until it is so; fails after half a minute.
async function until(so) {
  for (let tries = 0; tries < 300; tries += 1) {
    if (await so()) return;
    await new Promise((resolve) => setTimeout(resolve, 100)); // polls for another process
  }
  assert.fail('nothing changed for half a minute');
}

test('limits change under load, and every publish is answered, delivered and in order', async () => {
  const connections = [];
  for (let i = 0; i < NAMESPACES; i += 1) {
    const connection = await open(daemon, { credentials: authorization });
    const answer = await connection.ask({ type: 'subscribe', channel: `/n${i}/x`, authorization });
    assert.equal(answer.type, 'subscribe_success');
    const got = [];
    connection.socket.on('message', (data) => {
      const message = JSON.parse(data);
      if (message.type === 'data') got.push(JSON.parse(message.event));
    });
    connections.push({ socket: connection.socket, got });
  }
  let over = false;
  const loads = connections.map(async (_, i) => {
    let sent = 0;
    for (; !over; sent += 1) {
      const answer = await publish(`/n${i}/x`, { n: sent });
      assert.equal(answer.status, 200, JSON.stringify(answer));
      assert.equal(answer.successful.length, 1);
    }
    return sent;
  });
  const changes = [
    { cpuTime: '4s', workers: 2 },
    { cpuTime: '4s', workers: 5 },
    { cpuTime: '4s', workers: 5, memory: '32MiB', recycleAfter: 50 },
    { cpuTime: '80ms', workers: 2, memory: '16MiB', wallTime: '9s', maxQueue: '4MiB' },
  ];
  for (const change of changes) {
    daemon.settings.limits.handler = change;
    await daemon.reload();
    await until(async () => (await workersReady()) === change.workers + 1);
  }
  // Workers of the former limits are gone when the daemon says so.
  await until(() => daemon.logText().split('configuration reloaded').at(-1).includes('handler workers have the limits'));
  over = true;
  for (const [i, load] of loads.entries()) {
    const sent = await load;
    await until(() => connections[i].got.length === sent);
    assert.deepEqual(connections[i].got, Array.from({ length: sent }, (_, n) => ({ n, seen: true })));
    connections[i].socket.close();
  }
  assert.doesNotMatch(daemon.logText(), /restart the daemon to apply it/);
  assert.equal((await publish('/n0/loop', 1)).status, 500);
  assert.match(daemon.logText(), /CPU time: more than 80 ms|CPU time.*80 ms/);
});
