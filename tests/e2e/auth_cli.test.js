// The verbs that make and use credentials: sign, --iam and --auth-token, as docs/AUTHORIZATION.md says.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import path from 'node:path';
import readline from 'node:readline';
import { startAuth, open, connectAnswer, pool, region } from './support/auth.js';
import { binary } from './support/daemon.js';
import { Inbox } from './support/inbox.js';
import { run } from './support/process.js';

let auth, daemon, url;

before(async () => {
  auth = await startAuth();
  daemon = auth.daemon;
  url = `${daemon.origin}/event`;
});

after(() => auth.closeOthers());

const environment = (name) => {
  const { accessKeyId, secretAccessKey, sessionToken } = auth.user(name);
  return {
    EVENTSD_URL: url,
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    ...(sessionToken ? { AWS_SESSION_TOKEN: sessionToken } : {}),
  };
};

// Each line that `eventsd subscribe` prints; `publish` is repeated until the first one arrives.
async function subscribed(args, env, publish) {
  const child = spawn(binary(), ['subscribe', 'all/verbs', '--count', '1', '--no-reconnect', ...args], {
    env: { ...process.env, ...env },
  });
  const ended = once(child, 'exit');
  let said = '';
  child.stderr.on('data', (data) => (said += data));
  const lines = new Inbox();
  readline.createInterface(child.stdout).on('line', (line) => lines.push(line));
  let first;
  for (let i = 0; first === undefined && i < 100; ++i) {
    assert.equal(child.exitCode, null, said);
    await publish();
    first = await lines.take('line', 200).catch(() => undefined);
  }
  assert.deepEqual(await ended, [0, null], said);
  return first;
}

test('publish and subscribe with --iam', async () => {
  for (const name of ['everything', 'temporary']) {
    const env = environment(name);
    for (const how of [[], ['--ws']]) {
      const publish = async () => {
        const { code, stderr } = await run(binary(), ['publish', 'all/verbs', '{"text":"<é&>"}', '--iam', ...how], { env });
        assert.equal(code, 0, stderr);
      };
      assert.equal(await subscribed(['--iam', '--region', region], env, publish), '{"text":"<é&>"}');
    }
  }
  const { code, stderr } = await run(binary(), ['publish', 'all/x', '1', '--iam'], {
    env: { ...environment('everything'), AWS_SECRET_ACCESS_KEY: auth.secret('not-the-secret-of-this-key') },
  });
  assert.equal(code, 1);
  assert.match(stderr, /signature/i);
  assert.ok(!stderr.includes('not-the-secret'));
  const denied = await run(binary(), ['publish', 'all/x', '1', '--iam'], { env: environment('reader') });
  assert.equal(denied.code, 1);
  assert.match(denied.stderr, /UnauthorizedException|not authori[sz]ed/i);
});

test('publish and subscribe with --auth-token, as text and from a file', async () => {
  const env = { EVENTSD_URL: url };
  const file = path.join(daemon.directory, 'token');
  for (const token of [auth.mint({ pool }), auth.mint({ pool: 'oidc' }), auth.lambdaToken('allow')]) {
    fs.writeFileSync(file, `${token}\n`);
    const publish = async () => {
      const { code, stderr } = await run(binary(), ['publish', 'all/verbs', '"token"', '--auth-token', token], { env });
      assert.equal(code, 0, stderr);
    };
    assert.equal(await subscribed(['--auth-token', `file:${file}`], env, publish), '"token"');
  }
  const old = auth.mint({ pool, lifetime: -600 });
  const { code, stderr } = await run(binary(), ['publish', 'all/x', '1', '--auth-token', old], { env });
  assert.equal(code, 1);
  assert.ok(!stderr.includes(old));
});

test('sign and curl, as the page shows', async () => {
  const env = environment('temporary');
  const script = `BODY='{"channel":"all/room","events":["{\\"text\\":\\"<hello>\\"}"]}'
"$EVENTSD" sign "$BODY" | curl -sS -H @- -H 'content-type: application/json' -d "$BODY" "$EVENTSD_URL"`;
  const { code, stdout, stderr } = await run('sh', ['-c', script], { env: { ...env, EVENTSD: binary() } });
  assert.equal(code, 0, stderr);
  assert.equal(JSON.parse(stdout).successful?.length, 1, stdout);
});

test('sign for the socket: connect, subscribe and publish', async () => {
  for (const name of ['everything', 'temporary']) {
    const env = environment(name);
    const signed = async (operation, body) => {
      const args = body ? [JSON.stringify(body)] : [];
      const { code, stdout, stderr } = await run(binary(), ['sign', '--operation', operation, ...args], { env });
      assert.equal(code, 0, stderr);
      return JSON.parse(stdout);
    };
    const connection = await open(daemon, { credentials: await signed('connect') });
    const subscribe = { channel: '/iam-only/*' };
    const authorization = await signed('subscribe', subscribe);
    assert.equal((await connection.ask({ type: 'subscribe', ...subscribe, authorization })).type, 'subscribe_success');
    const publish = { channel: '/iam-only/x', events: ['"signed"'] };
    const answer = await connection.ask({ type: 'publish', ...publish, authorization: await signed('publish', publish) });
    assert.equal(answer.type, 'publish_success');
    assert.equal(await connection.nextEvent(), 'signed');
    connection.socket.close();

    const { stdout } = await run(binary(), ['sign', '--operation', 'connect', '--subprotocol'], { env });
    assert.match(stdout, /^header-[\w-]+\n$/);
    const credentials = JSON.parse(Buffer.from(stdout.trim().slice(7), 'base64url'));
    assert.equal((await connectAnswer(daemon, { credentials })).type, 'connection_ack');
  }
});

test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
