// The program as a person meets it: no configuration at all, and the verbs that talk to a daemon.
import { test, after } from 'node:test';
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import readline from 'node:readline';
import { Daemon, binary } from './support/daemon.js';
import { Inbox } from './support/inbox.js';
import { run } from './support/process.js';

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-cli-'));
after(() => fs.rmSync(folder, { recursive: true, force: true }));

// `eventsd serve` in the folder, with no file; resolves when it serves.
async function serve() {
  const endpoint = path.join(folder, 'eventsd-data', 'endpoint.json');
  fs.rmSync(endpoint, { force: true });
  const child = spawn(binary(), ['serve', '--listen', '127.0.0.1:0'], {
    cwd: folder,
    env: { ...process.env, EVENTSD_ADMIN_LISTEN: '127.0.0.1:0' },
  });
  const daemon = { child, text: '' };
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      daemon.text += data;
    });
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      daemon.bound = JSON.parse(fs.readFileSync(endpoint, 'utf8'));
      // The text comes behind the file, through a pipe.
      if (/api-key|curl /.test(daemon.text)) break;
    } catch {
      assert.equal(child.exitCode, null, daemon.text);
      assert(Date.now() < end, daemon.text);
    }
    await new Promise((resolve) => setTimeout(resolve, 20)); // polls for another process's file
  }
  daemon.stop = async () => {
    const ended = once(child, 'exit');
    process.kill(child.pid, 'SIGTERM');
    assert.deepEqual(await ended, [0, null], daemon.text);
  };
  return daemon;
}

test('serve without any configuration', async (t) => {
  const first = await serve();
  const keyFile = path.join(folder, 'eventsd-data', 'api-key');
  const key = fs.readFileSync(keyFile, 'utf8').trim();

  await t.test('makes an API key that only its owner can read', () => {
    assert.match(key, /^da2-[a-z0-9]{26}$/);
    assert.equal(fs.statSync(keyFile).mode & 0o777, 0o600);
  });

  await t.test('prints a curl line that works as pasted', async () => {
    const line =
      /^ *curl [^\n]*\\\n[^\n]*$/m.exec(first.text)?.[0] ??
      /^ *curl [^\n]*$/m.exec(first.text)?.[0];
    if (!line) {
      // Neither a terminal nor a container: then the file is named instead of the key.
      assert(first.text.includes('api-key'), first.text);
      return;
    }
    const { code, stdout, stderr } = await run('sh', ['-c', line]);
    assert.equal(code, 0, stderr);
    assert.equal(JSON.parse(stdout).successful.length, 1, stdout);
  });

  const request = (origin, target, options) =>
    fetch(origin + target, {
      ...options,
      headers: { 'x-api-key': key, 'content-type': 'application/json' },
    });
  const stored = await request(first.bound.http, '/event', {
    method: 'POST',
    body: JSON.stringify({ channel: 'default/kept', events: ['"kept"'] }),
  });
  assert.equal(stored.status, 200);
  await first.stop();

  await t.test('uses key and data again and does not print the key', async () => {
    const second = await serve();
    assert.equal(fs.readFileSync(keyFile, 'utf8').trim(), key);
    const response = await request(second.bound.http, '/event/history?channel=/default/kept');
    assert.deepEqual(
      (await response.json()).events.map((event) => event.event),
      ['"kept"'],
    );
    await second.stop();
    assert(!second.text.includes(key));
  });
});

test('the verbs against a running daemon', async (t) => {
  const daemon = await Daemon.start();
  const env = { EVENTSD_URL: `${daemon.origin}/event`, EVENTSD_API_KEY: daemon.key };
  const eventsd = (...args) => run(binary(), args, { env });

  await t.test('subscribe prints what publish sends, over HTTP and over the socket', async () => {
    const child = spawn(
      binary(),
      ['subscribe', 'default/cli/*', '--count', '3', '--json', '--last', '0'],
      { env: { ...process.env, ...env } },
    );
    const ended = once(child, 'exit');
    let said = '';
    child.stderr.on('data', (data) => {
      said += data;
    });
    const lines = new Inbox();
    readline.createInterface(child.stdout).on('line', (line) => lines.push(JSON.parse(line)));
    // Until the first one arrives it is not subscribed.
    let first;
    for (let i = 0; !first && i < 100; ++i) {
      assert.equal(child.exitCode, null, said);
      assert.equal((await eventsd('publish', 'default/cli/a', '"waiting"')).code, 0);
      first = await lines.take('line', 200).catch(() => undefined);
    }
    assert.equal(first.event, 'waiting', JSON.stringify(first));
    const published = await eventsd('publish', 'default/cli/b', '{"a":1}', '"two"', '--ws');
    assert.equal(published.code, 0, published.stderr);
    const got = [first];
    while (got.length < 3) got.push(await lines.take('line'));
    assert.deepEqual(
      got.slice(1).map((line) => line.event),
      [{ a: 1 }, 'two'],
    );
    assert.deepEqual(await ended, [0, null], said);
  });

  await t.test('history prints what was published', async () => {
    await eventsd('publish', 'default/past', '1', '[2]');
    const { code, stdout, stderr } = await eventsd('history', 'default/past');
    assert.equal(code, 0, stderr);
    assert.deepEqual(stdout.trim().split('\n'), ['1', '[2]']);
  });

  await t.test('what is refused ends with 1 and a message, what is malformed with 2', async () => {
    const refused = await eventsd('publish', 'nowhere/x', '1');
    assert.equal(refused.code, 1);
    assert(refused.stderr.length > 0);
    const wrong = await run(binary(), ['history', 'default/past'], {
      env: { ...env, EVENTSD_API_KEY: 'da2-wrong' },
    });
    assert.equal(wrong.code, 1);
    assert(!wrong.stderr.includes('da2-wrong'));
    assert.equal((await eventsd('publish')).code, 2);
    assert.equal((await eventsd('nonsense')).code, 2);
  });

  await t.test('health tells whether it is ready', async () => {
    assert.equal((await eventsd('health', '--url', daemon.admin)).code, 0);
  });

  await t.test('a key that is made works at once, and no more when it is deleted', async () => {
    const admin = ['--admin-url', daemon.admin, '--data-dir', daemon.data];
    const created = await eventsd('api-key', 'create', '--description', 'cli', ...admin);
    assert.equal(created.code, 0, created.stderr);
    const key = /da2-[a-z0-9]{26}/.exec(created.stdout)[0];
    daemon.secrets.push(key);
    const publish = () =>
      run(binary(), ['publish', 'default/x', '1'], { env: { ...env, EVENTSD_API_KEY: key } });
    assert.equal((await publish()).code, 0);
    const list = await eventsd('api-key', 'list', '--json', ...admin);
    assert.equal(list.code, 0, list.stderr);
    assert(list.stdout.includes('cli'));
    const deleted = await eventsd('api-key', 'delete', key, ...admin);
    assert.equal(deleted.code, 0, deleted.stderr);
    assert.equal((await publish()).code, 1);
  });

  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
  await t.test('health tells that it is gone', async () => {
    assert.equal((await eventsd('health', '--url', daemon.admin)).code, 1);
  });
});
