// The console in headless Chromium: every page fails a test that breaks its Content-Security-Policy,
// logs an error, or asks anybody but the daemon for anything.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { Daemon, makeApiKey } from './daemon.js';
import { launch } from './browser.js';

export const iam = {
  accessKeyId: 'AKIDCONSOLE',
  secretAccessKey: 'console-secret-0123456789abcdefghij',
};
const handler = `
import { util } from '@aws-appsync/utils';
export function onPublish(ctx) {
  console.log('headers', ctx.request.headers);
  if (ctx.events[0].payload === 'break') {
    ctx.nothing.at.all = 1;
  }
  return ctx.events;
}`;
const artifacts = process.env.EVENTSD_E2E_ARTIFACTS;

// A daemon for the console, and its browser.
export async function startConsole() {
  const everything = [{ Effect: 'Allow', Action: 'appsync:*', Resource: '*' }];
  const modes = ['API_KEY', 'AWS_IAM'];
  const key = makeApiKey();
  const folder = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-console-'));
  fs.writeFileSync(path.join(folder, 'handler.js'), handler);
  const daemon = await Daemon.start({
    iam: { users: [{ ...iam, userName: 'console', policy: everything }] },
    api: {
      name: 'chat',
      authProviders: modes.map((authType) => ({ authType })),
      connectionAuthModes: modes,
      defaultPublishAuthModes: modes,
      defaultSubscribeAuthModes: modes,
      apiKeys: [{ id: key, description: 'console' }],
      channelNamespaces: [
        {
          name: 'default',
          history: { maxAge: '7d', maxEventsPerChannel: 10000, maxBytes: '1GiB' },
        },
        { name: 'plain' },
        { name: 'code', codeHandlers: path.join(folder, 'handler.js') },
      ],
    },
  });
  daemon.key = key;
  daemon.secrets.push(key, iam.secretAccessKey);
  const world = await openConsole(daemon);
  return {
    ...world,
    stop: async () => {
      fs.rmSync(folder, { recursive: true, force: true });
      await world.stop();
    },
  };
}

// A browser for a daemon's console, and how pages are opened. stop() ends both.
//   names   that lead to this machine, in this browser
export async function openConsole(daemon, { names = [] } = {}) {
  const token = fs.readFileSync(path.join(daemon.data, 'admin-token'), 'utf8').trim();
  daemon.secrets.push(token);
  const browser = await launch({ names });

  // A page on which everything that must not happen is remembered.
  async function openPage(options = {}) {
    const page = await browser.newPage();
    page.faults = [];
    page.on('console', (message) => {
      // The browser itself tells of answers such as 401; the tests that ask for them look at them. It
      // tells, too, that over plain http under a name it heeds one header less.
      const known = /Failed to load resource|Cross-Origin-Opener-Policy header has been ignored/;
      if (message.type() === 'error' && !known.test(message.text()))
        page.faults.push(message.text());
    });
    page.on('pageerror', (error) => page.faults.push(error.message));
    const own = [new URL(daemon.admin).host, new URL(daemon.origin).host];
    page.on('request', (request) => {
      const { host, hostname } = new URL(request.url());
      if (!own.includes(host) && !names.includes(hostname) && !options.hosts?.includes(host))
        page.faults.push(`asks ${request.url()}`);
    });
    await page.addInitScript(() => {
      localStorage.clear(); // every page begins like the first
      globalThis.violations = [];
      document.addEventListener('securitypolicyviolation', (event) =>
        globalThis.violations.push(`${event.violatedDirective} ${event.blockedURI}`),
      );
    });
    if (options.viewport) await page.setViewportSize(options.viewport);
    // Without transitions a colour is at once what it will be.
    await page.emulateMedia({
      colorScheme: options.colorScheme ?? 'light',
      reducedMotion: 'reduce',
    });
    return page;
  }
  async function signedIn(options) {
    const page = await openPage(options);
    await page.goto(`${options?.at ?? daemon.admin}/console#token=${token}`);
    await page.getByRole('tab', { name: 'Pub/Sub' }).waitFor();
    return page;
  }
  async function stop() {
    await browser.close();
    await daemon.stop();
  }
  return { daemon, token, openPage, signedIn, stop };
}

export async function closePage(page) {
  assert.deepEqual(await page.evaluate(() => globalThis.violations), []);
  assert.deepEqual(page.faults, []);
  await page.close();
}
export const shoot = async (page, name) => {
  if (!artifacts) return;
  fs.mkdirSync(artifacts, { recursive: true });
  await page.screenshot({ path: path.join(artifacts, `console-${name}.png`) });
};
// A view, and what it shows when it has what it asked for.
const drawn = {
  'Pub/Sub': '#endpoint',
  Live: '.tile',
  History: '#history-channel',
  Authorization: '#decisions-table > *',
  Handlers: '#handlers-table > *',
  Limits: '#limits-table meter',
  Configuration: '#configuration span',
};
export async function show(page, name) {
  await page.getByRole('tab', { name }).click();
  await page.locator(drawn[name]).first().waitFor();
}
export const connected = (page) =>
  page.locator('#socket-state', { hasText: /^connected$/ }).waitFor();
export async function useKey(page) {
  await page.getByRole('button', { name: 'Use one of the API’s' }).click();
  await page.waitForFunction(() => document.getElementById('api-key').value.startsWith('da2-'));
}
export async function subscribe(page, channel, replay) {
  const form = page.locator('#subscribe-form');
  await form.getByLabel('Channel').fill(channel);
  if (replay?.last !== undefined) {
    await form.getByLabel('Begin with').selectOption('last');
    await form.getByLabel('How many').fill(String(replay.last));
  } else {
    await form.getByLabel('Begin with').selectOption('live');
  }
  const before = await page.locator('.chip').count();
  await form.getByRole('button', { name: 'Subscribe' }).click();
  await page.locator('.chip').nth(before).waitFor();
}
export async function publish(page, channel, text, via = 'HTTP') {
  const form = page.locator('#publish-form');
  await form.getByRole('radio', { name: via }).check();
  await form.getByLabel('Channel').fill(channel);
  await form.getByLabel('Event').fill(text);
  await form.getByRole('button', { name: 'Publish', exact: true }).click();
}
export const published = (page, what) =>
  page.locator('#publish-done', { hasText: `Published ${what}` }).waitFor();
export const eventRow = (page, text) => page.locator('#events li', { hasText: text });
