// `eventsd bench` as a person or a script uses it: each scenario against a daemon, plain and TLS;
// against servers that lose, double and reorder events; and where it cannot measure anything.
// How fast anything is is not asked here.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import { WebSocketServer } from 'ws';
import { Daemon, binary } from './support/daemon.js';
import { run } from './support/process.js';

const unlimited = { limits: { publishesPerSecondPerConnection: 1_000_000 } };

function bench(daemon, ...args) {
  const target = ['--url', `${daemon.origin}/event`, '--api-key', daemon.key];
  if (daemon.origin.startsWith('https')) target.push('--ca-file', daemon.caFile);
  return run(binary(), ['bench', ...args, ...target]);
}

async function measured(daemon, ...args) {
  const { code, stdout, stderr } = await bench(daemon, ...args, '--json');
  assert.equal(code, 0, stderr);
  assert.equal(stdout.trim().split('\n').length, 1, stdout);
  const report = JSON.parse(stdout);
  assert.equal(report.interrupted, false);
  assert.deepEqual(report.errors, {});
  return report;
}

function assertLatency(latency, count) {
  assert.equal(latency.count, count);
  const { p50, p90, p99, p999, max } = latency;
  assert(0 < p50 && p50 <= p90 && p90 <= p99 && p99 <= p999 && p999 <= max, JSON.stringify(latency));
}

function assertDelivered(report, eventsPerPublish, audience) {
  assert(report.publishes > 0);
  assert.equal(report.events, report.publishes * eventsPerPublish);
  assert.equal(report.deliveries, report.events * audience);
  assertLatency(report.delivery_latency_us, report.deliveries);
  assertLatency(report.publish_latency_us, report.publishes);
  for (const name of ['lost', 'duplicates', 'out_of_order', 'subscribers_lost', 'foreign_events'])
    assert.equal(report[name], 0, name);
  assert(report.bytes_received > report.deliveries * report.event_bytes);
}

for (const [name, tls] of [
  ['plain', {}],
  ['TLS', { tls: { selfSigned: true, required: true } }],
]) {
  test(`against a daemon, ${name}`, async (t) => {
    const daemon = await Daemon.start({ ...unlimited, ...tls });
    const pid = ['--pid', String(daemon.process.pid)];

    await t.test('fanout over HTTP delivers everything', async () => {
      const report = await measured(daemon, 'fanout', '--subscribers', '20', '--duration', '1s', ...pid);
      assert.equal(report.bench, 'fanout');
      assertDelivered(report, 1, 20);
      assert(report.server_cpu_us_per_delivery > 0);
    });

    await t.test('fanout over WebSockets, batches, channels, wildcards and threads', async () => {
      const report = await measured(
        ...[daemon, 'fanout', '--subscribers', '30', '--publishers', '4', '--channels', '3'],
        ...['--wildcard-share', '0.5', '--batch', '5', '--in-flight', '8', '--size', '1000'],
        ...['--ws', '--threads', '2', '--channel', 'plain/bench', '--duration', '1s'],
      );
      assertDelivered(report, 5, 10);
    });

    await t.test('fanout at a rate keeps to it', async () => {
      const report = await measured(
        ...[daemon, 'fanout', '--subscribers', '5', '--publishers', '3', '--rate', '60'],
        ...['--channel', 'plain', '--duration', '1s'],
      );
      assertDelivered(report, 1, 5);
      assert(report.publishes <= 63, String(report.publishes));
    });

    for (const over of ['--http', '--ws']) {
      await t.test(`publish ${over}`, async () => {
        const inFlight = over === '--ws' ? ['--in-flight', '16'] : [];
        const report = await measured(
          ...[daemon, 'publish', over, ...inFlight, '--connections', '3', '--batch', '2'],
          ...['--duration', '1s', ...pid],
        );
        assert.equal(report.over, over === '--ws' ? 'WebSocket' : 'HTTP');
        assert(report.publishes > 0);
        assert.equal(report.events, report.publishes * 2);
        assert.equal(report.refused + report.unanswered, 0);
        assertLatency(report.publish_latency_us, report.publishes);
        assert(report.server_cpu_us_per_publish > 0);
      });
    }

    await t.test('connect', async () => {
      const report = await measured(
        ...[daemon, 'connect', '--connections', '100', '--concurrency', '10', '--threads', '2', ...pid],
      );
      assert.equal(report.connections, 100);
      assert.equal(report.failed, 0);
      assertLatency(report.ack_latency_us, 100);
      assertLatency(report.subscribe_latency_us, 100);
    });

    await t.test('idle', async () => {
      const report = await measured(daemon, 'idle', '--connections', '300', '--hold', '1s', ...pid);
      assert.equal(report.connections, 300);
      assert.equal(report.survived, 300);
      assert(report.server_bytes_after > 1_000_000);
      assert.equal(typeof report.server_bytes_per_connection, 'number');
    });

    await daemon.stop();
  });
}

test('keep-alives are counted', async () => {
  const daemon = await Daemon.start({ limits: { keepAliveInterval: '1s' } });
  const report = await measured(daemon, 'idle', '--connections', '10', '--hold', '3s');
  assert(report.keep_alives >= 10, String(report.keep_alives));
  await daemon.stop();
});

test('a daemon that limits publishes', async (t) => {
  const daemon = await Daemon.start();

  await t.test('the error is counted, the rest measured, the remedy named', async () => {
    const { code, stdout, stderr } = await bench(daemon, 'publish', '--ws', '--rate', '200', '--duration', '1s', '--json');
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout);
    assert(report.publishes > 0);
    assert.equal(report.errors['LimitExceededError: Rate limit exceeded'], report.refused);
    assert(report.refused > 0);
    assert.match(report.hints.join(), /limits\.publishesPerSecondPerConnection/);
  });

  await t.test('what was refused is not lost', async () => {
    const { code, stdout, stderr } = await bench(
      ...[daemon, 'fanout', '--ws', '--rate', '200', '--subscribers', '5', '--duration', '1s'],
      '--json',
    );
    assert.equal(code, 0, stderr);
    const report = JSON.parse(stdout);
    assert.equal(report.lost, 0);
    assert.equal(report.deliveries, report.events * 5);
    assert(Object.values(report.errors).reduce((a, b) => a + b, 0) > 0);
  });

  await t.test('Ctrl-C ends early and prints what was measured', async () => {
    const child = spawn(binary(), [
      ...['bench', 'fanout', '--subscribers', '5', '--duration', '10m', '--json'],
      ...['--url', `${daemon.origin}/event`, '--api-key', daemon.key],
    ]);
    let stdout = '';
    let stderr = '';
    child.stdout.on('data', (data) => (stdout += data));
    const publishing = new Promise((resolve) => {
      child.stderr.on('data', (data) => {
        stderr += data;
        if (stderr.includes('publishing')) resolve();
      });
    });
    const ended = once(child, 'close');
    await publishing;
    child.kill('SIGINT');
    assert.deepEqual(await ended, [0, null], stderr);
    const report = JSON.parse(stdout);
    assert.equal(report.interrupted, true);
    assert.equal(report.lost, 0);
  });

  await t.test('the table is for people', async () => {
    const { code, stdout } = await bench(daemon, 'connect', '--connections', '20');
    assert.equal(code, 0);
    assert.match(stdout, /^connect\n {2}endpoint +http/);
    assert.match(stdout, /\n {2}subscribed +20\n/);
    assert.match(stdout, /\n {2}latency +p50 +p90 +p99 +p99\.9 +max\n/);
    assert.match(stdout, /\n {2}subscribe_success( +[\d.,]+ [um]?s){5}\n/);
  });

  for (const scenario of ['fanout', 'publish', 'connect', 'idle']) {
    await t.test(`${scenario} with a wrong key is one line`, async () => {
      const { code, stdout, stderr } = await run(binary(), [
        ...['bench', scenario, '--url', `${daemon.origin}/event`, '--api-key', 'da2-wrong'],
      ]);
      assert.equal(code, 1);
      assert.equal(stdout, '');
      assert.match(stderr, /^http\S+: .*UnauthorizedException.*--api-key.*\n$/);
    });
    await t.test(`${scenario} with a wrong path is one line`, async () => {
      const { code, stderr } = await run(binary(), [
        ...['bench', scenario, '--url', `${daemon.origin}/evnet`, '--api-key', daemon.key],
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /^http\S+: .*HTTP 404.*is the path right\?.*\n$/);
    });
  }

  await daemon.stop();
});

test('an untrusted certificate is one line', async () => {
  const daemon = await Daemon.start({ tls: { selfSigned: true, required: true } });
  const { code, stderr } = await run(binary(), [
    ...['bench', 'connect', '--url', `${daemon.origin}/event`, '--api-key', daemon.key],
  ]);
  assert.equal(code, 1);
  assert.match(stderr, /^https\S+: TLS: .*--ca-file\n$/);
  await daemon.stop();
});

test('a port that nobody listens on', async (t) => {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  for (const scenario of ['fanout', 'publish', 'connect', 'idle']) {
    await t.test(`${scenario} says so in one line`, async () => {
      const { code, stderr } = await run(binary(), [
        ...['bench', scenario, '--url', `http://127.0.0.1:${port}/event`, '--api-key', 'k'],
      ]);
      assert.equal(code, 1);
      assert.match(stderr, /^cannot connect to 127\.0\.0\.1:\d+: Connection refused; .*\n$/);
    });
  }
});

// A server of a few lines; `deliver(frame, number, send)` decides what subscribers get.
async function faultyServer(deliver) {
  const server = new WebSocketServer({
    host: '127.0.0.1',
    port: 0,
    handleProtocols: () => 'aws-appsync-event-ws',
  });
  await once(server, 'listening');
  const subscribers = [];
  let number = 0;
  server.on('connection', (socket) => {
    socket.on('message', (text) => {
      const message = JSON.parse(text);
      const reply = (fields) => socket.send(JSON.stringify({ id: message.id, ...fields }));
      if (message.type === 'connection_init') {
        reply({ type: 'connection_ack', connectionTimeoutMs: 300000 });
      } else if (message.type === 'subscribe') {
        subscribers.push({ socket, id: message.id });
        reply({ type: 'subscribe_success' });
      } else if (message.type === 'publish') {
        for (const event of message.events) {
          const n = number++;
          for (const { socket: to, id } of subscribers)
            deliver(JSON.stringify({ type: 'data', id, event }), n, (frame) => to.send(frame), to);
        }
        const successful = message.events.map((_, index) => ({ identifier: String(index), index }));
        reply({ type: 'publish_success', successful, failed: [] });
      }
    });
  });
  return { origin: `http://127.0.0.1:${server.address().port}`, key: 'k', close: () => server.close() };
}

// The fifth event meets the fault.
async function fanoutAgainst(deliver, ...more) {
  const server = await faultyServer(deliver);
  const { code, stdout, stderr } = await bench(
    ...[server, 'fanout', '--subscribers', '3', '--ws', '--rate', '20', '--duration', '1s'],
    ...['--json', ...more],
  );
  server.close();
  return { code, stderr, report: JSON.parse(stdout) };
}

test('a server that loses events is found out', async () => {
  const { code, stderr, report } = await fanoutAgainst((frame, n, send) => {
    if (n !== 4) send(frame);
  });
  assert.equal(report.lost, 3);
  assert.equal(code, 1);
  assert.match(stderr, /3 deliveries are missing/);
});

test('a server that loses events of batches is found out', async () => {
  const { code, report } = await fanoutAgainst((frame, n, send) => {
    if (n % 10 !== 4) send(frame);
  }, '--batch', '3');
  assert(report.lost > 0);
  assert.equal(report.lost + report.deliveries, report.events * 3);
  assert.equal(code, 1);
});

test('doubled events are counted', async () => {
  const { code, report } = await fanoutAgainst((frame, n, send) => {
    send(frame);
    if (n === 4) send(frame);
  });
  assert.equal(report.duplicates, 3);
  assert.equal(report.lost, 0);
  assert.equal(code, 0);
});

test('reordered events are counted', async () => {
  const held = new Map();
  const { report } = await fanoutAgainst((frame, n, send, to) => {
    if (n === 4) return held.set(to, frame);
    send(frame);
    if (n === 5) send(held.get(to));
  });
  assert.equal(report.out_of_order, 3);
  assert.equal(report.duplicates, 0);
  assert.equal(report.lost, 0);
});

test('subscribers that a server cuts off are a failure', async () => {
  const { code, stderr, report } = await fanoutAgainst((frame, n, send, to) => {
    if (n < 4) return send(frame);
    if (n === 4) to.close(1013, 'slow consumer');
  });
  assert.equal(report.subscribers_lost, 3);
  assert.equal(report.lost, 0);
  assert.equal(code, 1);
  assert.match(stderr, /3 subscribers were cut off: .*1013 slow consumer/);
  assert.match(report.hints.join(), /maxOutboundQueue/);
});
