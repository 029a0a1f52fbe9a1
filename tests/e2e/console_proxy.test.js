// The console behind nginx and HAProxy, with the configurations of docs/CONSOLE.md, and through a tunnel.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import net from 'node:net';
import os from 'node:os';
import path from 'node:path';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { Daemon, makeApiKey } from './support/daemon.js';
import {
  closePage, connected, eventRow, openConsole, publish, published, show, subscribe, useKey,
} from './support/console.js';

const document = fs.readFileSync(
  fileURLToPath(new URL('../../docs/CONSOLE.md', import.meta.url)),
  'utf8',
);
// The text of the block ```… file=NAME.
const fileOf = (name) => {
  const block = new RegExp(`^\`\`\`\\w+ file=${name}\n(.*?)^\`\`\``, 'ms').exec(document);
  assert.ok(block, name);
  return block[1];
};

const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-proxy-'));
const ending = [];
const foreign = 'tunnel.example';
let daemon, world;

before(async () => {
  const key = makeApiKey();
  daemon = await Daemon.start({
    admin: {
      listen: '127.0.0.1:0',
      allowedHosts: ['console.example', 'localhost', '127.0.0.1'],
    },
    trustedProxies: ['127.0.0.1'],
    api: {
      name: 'chat',
      domains: ['console.example'],
      apiKeys: [{ id: key, description: 'console' }],
      channelNamespaces: [{ name: 'default', history: { maxAge: '7d' } }],
    },
  });
  daemon.key = key;
  daemon.secrets.push(key);
  world = await openConsole(daemon, { names: ['console.example', foreign] });
});

after(async () => {
  for (const end of ending.reverse()) await end();
  await world.stop();
  fs.rmSync(folder, { recursive: true, force: true });
});

// A port that nobody has now. Proxies cannot be told to choose one themselves.
async function freePort() {
  const server = net.createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

async function answers(port, child, said) {
  const end = Date.now() + 30_000;
  for (;;) {
    if (child.exitCode !== null || Date.now() > end) throw new Error(said());
    const socket = net.connect(port, '127.0.0.1');
    const open = await new Promise((resolve) =>
      socket.once('connect', () => resolve(true)).once('error', () => resolve(false)),
    );
    socket.destroy();
    if (open) return;
    await new Promise((resolve) => setTimeout(resolve, 20)); // polls another program
  }
}

// Starts a proxy with the document's file, its ports changed to those here. Resolves to its port.
async function startProxy(file, documented, command, args) {
  const port = await freePort();
  const text = fileOf(file)
    .replaceAll(`127.0.0.1:${documented}`, `127.0.0.1:${port}`)
    .replaceAll('127.0.0.1:9464', new URL(daemon.admin).host)
    .replaceAll('127.0.0.1:8080', new URL(daemon.origin).host);
  fs.writeFileSync(path.join(folder, file), text);
  const child = spawn(command, args, { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (data) => {
      said += data;
    });
  const ended = once(child, 'exit');
  ending.push(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  await answers(port, child, () => `${command} does not answer: ${said}`);
  return port;
}

// What ssh -L does: bytes to another local port.
async function forward(url) {
  const { hostname, port } = new URL(url);
  const sockets = new Set();
  const server = net.createServer((here) => {
    const there = net.connect(port, hostname);
    for (const socket of [here, there]) {
      sockets.add(socket);
      socket.on('error', () => {}).on('close', () => sockets.delete(socket));
    }
    here.pipe(there).pipe(here);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  ending.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return server.address().port;
}

// Everything that the console does with its two ports, as a person does it.
async function useConsole(page, endpoint) {
  if (endpoint) await page.getByLabel('Endpoint').fill(endpoint);
  await useKey(page);
  await subscribe(page, '/default/proxied/*');
  await connected(page);
  await publish(page, '/default/proxied/a', '{"over": "http"}');
  await published(page, '1 event');
  await eventRow(page, 'over":"http').waitFor();
  await publish(page, '/default/proxied/a', '{"over": "socket"}', 'WebSocket');
  await eventRow(page, 'over":"socket').waitFor();
  await show(page, 'Live');
  const row = page.locator('#connections-table tbody tr').filter({ hasText: '/default/proxied/*' });
  await row.first().getByRole('button').click();
  await page.locator('#watch-state', { hasText: 'connected' }).waitFor();
  await page.keyboard.press('Escape');
  await page.getByRole('tab', { name: 'History' }).click();
  const history = page.locator('#view-history');
  await history.getByLabel('Channel').fill('/default/proxied/*');
  await history.getByRole('button', { name: 'Newest' }).click();
  await history.locator('.log li', { hasText: 'over' }).first().waitFor();
  await show(page, 'Configuration');
  const button = page.locator('#copy-configuration');
  await button.click();
  await page.locator('#copy-configuration', { hasText: 'Copied' }).waitFor();
}

for (const [name, file, documented, args] of [
  ['nginx', 'nginx.conf', 8081,
    ['-p', '.', '-e', 'stderr', '-c', 'nginx.conf', '-g', 'daemon off; pid nginx.pid;']],
  ['haproxy', 'haproxy.cfg', 8082, ['-db', '-f', 'haproxy.cfg']],
]) {
  test(`behind ${name} the console works, under its own name and prefix`, async () => {
    const port = await startProxy(file, documented, name, args);
    const page = await world.signedIn({ at: `http://console.example:${port}/eventsd` });
    // The name is known, the port is not: proxies are thought to be at 80 and 443.
    assert.equal(
      await page.getByLabel('Endpoint').inputValue(),
      'http://console.example/event',
    );
    await useConsole(page, `http://console.example:${port}/event`);
    await closePage(page);

    const ask = (headers) =>
      fetch(`http://127.0.0.1:${port}/eventsd/console/api/info`, {
        headers: { authorization: `Bearer ${world.token}`, ...headers },
      });
    assert.equal((await ask({})).status, 200);
    const refused = await ask({ origin: 'https://evil.example' });
    assert.equal(refused.status, 403);
    assert.match(await refused.text(), /Origin names \\"evil\.example\\"/);
  });
}

test('through a tunnel that ends on other ports the console works', async () => {
  const [admin, events] = [await forward(daemon.admin), await forward(daemon.origin)];
  for (const host of ['localhost', '127.0.0.1']) {
    const page = await world.signedIn({
      at: `http://${host}:${admin}`,
      hosts: [`${host}:${admin}`, `${host}:${events}`],
    });
    await useConsole(page, `http://${host}:${events}/event`);
    await closePage(page);
  }
});

test('under a name that is not allowed, the answer says what to do', async () => {
  const port = await forward(daemon.admin);
  const page = await world.openPage();
  const answer = await page.goto(`http://${foreign}:${port}/console`);
  assert.equal(answer.status(), 403);
  await page
    .getByText(/Host names .*tunnel\.example.* is not in admin\.allowedHosts: add it there/)
    .waitFor();
  await page.close();
});
