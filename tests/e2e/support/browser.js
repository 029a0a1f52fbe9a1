// Headless Chromium, pages bundled on the fly, and a small server for them.
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';
import tls from 'node:tls';
import { createHash } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import esbuild from 'esbuild';
import { chromium } from 'playwright-core';

const root = fileURLToPath(new URL('..', import.meta.url));
const flags = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

// The bundle of one entry point, for browsers.
export async function bundle(entry) {
  const result = await esbuild.build({
    entryPoints: [path.join(root, entry)],
    bundle: true,
    write: false,
    format: 'iife',
    target: 'es2022',
    define: { global: 'globalThis' },
    logLevel: 'error',
  });
  return result.outputFiles[0].text;
}

// Serves { '/path': { type, body } } on a port that the system chooses.
export async function servePages(pages) {
  const server = http.createServer((request, response) => {
    const page = pages[new URL(request.url, 'http://x').pathname];
    if (!page) {
      response.writeHead(404).end();
      return;
    }
    response.writeHead(200, { 'content-type': page.type }).end(page.body);
  });
  await new Promise((resolve) => server.listen(0, 'localhost', resolve));
  return { origin: `http://localhost:${server.address().port}`, close: () => server.close() };
}

// What Chromium needs to trust one server's certificate: the hash of its public key.
async function publicKeyHash(port, caFile) {
  const socket = tls.connect({ port, host: 'localhost', ca: fs.readFileSync(caFile) });
  await new Promise((resolve, reject) =>
    socket.once('secureConnect', resolve).once('error', reject),
  );
  const key = socket.getPeerX509Certificate().publicKey.export({ type: 'spki', format: 'der' });
  socket.destroy();
  return createHash('sha256').update(key).digest('base64');
}

// A browser with a profile of its own. trusted: [{ port, caFile }]; names: that mean this machine.
export async function launch({ trusted = [], names = [] } = {}) {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-chromium-'));
  const args = [...flags];
  if (names.length)
    args.push(`--host-resolver-rules=${names.map((name) => `MAP ${name} 127.0.0.1`).join(',')}`);
  if (trusted.length) {
    const hashes = await Promise.all(
      trusted.map(({ port, caFile }) => publicKeyHash(port, caFile)),
    );
    args.push(`--ignore-certificate-errors-spki-list=${hashes.join(',')}`);
  }
  const context = await chromium.launchPersistentContext(profile, {
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args,
    viewport: { width: 900, height: 640 },
  });
  return {
    newPage: () => context.newPage(),
    close: async () => {
      await context.close();
      fs.rmSync(profile, { recursive: true, force: true });
    },
  };
}
