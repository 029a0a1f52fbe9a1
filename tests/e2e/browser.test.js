// Headless Chromium: aws-amplify over plain text and TLS, a page without libraries, a chat.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon, makeApiKey } from './support/daemon.js';
import { bundle, launch, servePages } from './support/browser.js';

const read = (name) => fs.readFileSync(fileURLToPath(new URL(name, import.meta.url)), 'utf8');
let pages;

before(async () => {
  const script = async (entry) => ({ type: 'text/javascript', body: await bundle(entry) });
  const html = (src) => ({
    type: 'text/html',
    body: `<!doctype html><meta charset="utf-8"><script src="${src}"></script>`,
  });
  pages = await servePages({
    '/amplify.html': html('amplify.js'),
    '/amplify.js': await script('browser/amplify_page.js'),
    '/plain.html': html('plain.js'),
    '/plain.js': await script('browser/plain_page.js'),
    '/chat/': { type: 'text/html', body: read('chat/index.html') },
    '/chat/chat.js': await script('chat/chat.js'),
  });
});

after(() => pages.close());

async function playInBrowser(t, daemon, browser, endpoint) {
  const wrongKey = makeApiKey();
  daemon.secrets.push(wrongKey);
  const page = await browser.newPage();
  await page.exposeFunction('restartDaemon', () => daemon.restart());
  await page.goto(`${pages.origin}/amplify.html`);
  for (const name of await page.evaluate(() => globalThis.stepNames())) {
    await t.test(name, async () => {
      const problem = await page.evaluate(
        ([step, context]) => globalThis.playStep(step, context),
        [name, { endpoint, key: daemon.key, wrongKey }],
      );
      if (problem) throw new Error(problem);
    });
  }
  await page.close();
}

test('aws-amplify in Chromium over plain text', async (t) => {
  const daemon = await Daemon.start();
  const browser = await launch();
  t.after(() => browser.close());
  await playInBrowser(t, daemon, browser, `HTTP://localhost:${daemon.port}/event`);
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('aws-amplify in Chromium over TLS', async (t) => {
  const daemon = await Daemon.start({ tls: { selfSigned: true } });
  const browser = await launch({ trusted: [daemon] });
  t.after(() => browser.close());
  await playInBrowser(t, daemon, browser, `https://localhost:${daemon.port}/event`);
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('a page with nothing but fetch and WebSocket', async (t) => {
  const daemon = await Daemon.start({ tls: { selfSigned: true } });
  const browser = await launch({ trusted: [daemon] });
  t.after(() => browser.close());
  for (const scheme of ['http', 'https']) {
    await t.test(scheme, async () => {
      const page = await browser.newPage();
      await page.goto(`${pages.origin}/plain.html`);
      const seen = await page.evaluate(
        ([origin, key]) => globalThis.play(origin, key),
        [`${scheme}://localhost:${daemon.port}`, daemon.key],
      );
      assert.equal(seen.protocol, 'aws-appsync-event-ws');
      assert.equal(seen.extensions, '');
      assert.deepEqual(seen.seen, [
        { type: 'connection_ack', connectionTimeoutMs: 300000 },
        { type: 'subscribe_success', id: 's' },
        { type: 'data', id: 's', event: '"from fetch"' },
      ]);
      assert.equal(seen.published.successful.length, 1);
      assert.match(seen.requestId, /^[0-9a-f-]{36}$/);
      assert.deepEqual(seen.refused, { status: 401, errorType: 'UnauthorizedException' });
      assert.equal(seen.stored.at(-1), '"from fetch"');
      assert.deepEqual(seen.closed, { code: 1000, wasClean: true });
      await page.close();
    });
  }
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('two people chat in two windows and find their messages again', async (t) => {
  const daemon = await Daemon.start();
  const windows = { ada: await launch(), ben: await launch() };
  t.after(() => Promise.all(Object.values(windows).map((browser) => browser.close())));
  const open = async (name) => {
    const page = await windows[name].newPage();
    const settings = {
      endpoint: `HTTP://localhost:${daemon.port}/event`,
      history: `http://localhost:${daemon.port}/event/history`,
      key: daemon.key,
      name,
    };
    await page.goto(`${pages.origin}/chat/#${encodeURIComponent(JSON.stringify(settings))}`);
    await page.getByText(`connected as ${name}`).waitFor();
    return page;
  };
  const say = async (page, text) => {
    await page.getByPlaceholder('Message').fill(text);
    await page.getByRole('button', { name: 'Send' }).click();
  };
  const texts = (page) => page.locator('#messages li').allInnerTexts();
  const ada = await open('ada');
  const ben = await open('ben');

  await t.test('a message appears in both windows', async () => {
    await say(ada, 'Good morning, Ben!');
    await ben.getByText('Good morning, Ben!').waitFor();
    await ada.getByText('Good morning, Ben!').waitFor();
    await say(ben, 'Morning, Ada. Zoë says <b>hi</b> & 👋');
    await ada.getByText('Morning, Ada. Zoë says <b>hi</b> & 👋').waitFor();
    assert.equal((await texts(ada)).length, 2);
  });

  await t.test('a room sees only its own messages', async () => {
    await ben.getByRole('button', { name: 'random' }).click();
    await ben.getByText('connected as ben').waitFor();
    await ben.locator('#title', { hasText: 'random' }).waitFor();
    await say(ben, 'Anybody here?');
    await ben.getByText('Anybody here?').waitFor();
    await say(ada, 'Only in general');
    await ada.getByText('Only in general').waitFor();
    assert.deepEqual(await texts(ben), ['ben\nAnybody here?']);
    assert.equal((await texts(ada)).length, 3);
  });

  await t.test('a reload shows the past, in order and once', async () => {
    const before = await texts(ada);
    await ada.reload();
    await ada.getByText('connected as ada').waitFor();
    assert.deepEqual(await texts(ada), before);
    await say(ada, 'Back again');
    await ada.getByText('Back again').waitFor();
    assert.deepEqual(await texts(ada), [...before, 'ada\nBack again']);
  });

  await t.test('the past is there for a newcomer, too', async () => {
    await ben.getByRole('button', { name: 'general' }).click();
    await ben.locator('#title', { hasText: 'general' }).waitFor();
    await ben.getByText('Back again').waitFor();
    assert.deepEqual(await texts(ben), await texts(ada));
    const folder = process.env.EVENTSD_E2E_ARTIFACTS;
    if (folder) {
      fs.mkdirSync(folder, { recursive: true });
      await ada.screenshot({ path: path.join(folder, 'chat-ada.png') });
      await ben.screenshot({ path: path.join(folder, 'chat-ben.png') });
    }
  });

  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});
