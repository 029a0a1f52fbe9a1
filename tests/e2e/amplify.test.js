// Unmodified aws-amplify in Node: plain text through the HTTP:// spelling, and TLS.
import { test } from 'node:test';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { Daemon, makeApiKey } from './support/daemon.js';
import { Inbox } from './support/inbox.js';

const childFile = fileURLToPath(new URL('./amplify/node_child.js', import.meta.url));

async function playInNode(t, daemon, endpoint, env = {}) {
  const wrongKey = makeApiKey();
  daemon.secrets.push(wrongKey);
  const child = fork(childFile, { env: { ...process.env, ...env } });
  t.after(() => child.kill());
  const messages = new Inbox();
  child.on('message', (message) => messages.push(message));
  child.on('exit', (code) => messages.push({ exit: code }));
  child.send({ context: { endpoint, key: daemon.key, wrongKey } });
  const { steps } = await messages.take('list of steps');
  for (const step of steps) {
    await t.test(step, async () => {
      child.send({ step });
      for (;;) {
        const message = await messages.take('end of the step', 120_000);
        if (message.restart) {
          await daemon.restart();
          child.send({ restarted: true });
        } else if (message.done === step) {
          if (message.error) throw new Error(message.error);
          return;
        } else {
          throw new Error(`unexpected: ${JSON.stringify(message)}`);
        }
      }
    });
  }
}

test('aws-amplify in Node over plain text', async (t) => {
  const daemon = await Daemon.start();
  await playInNode(t, daemon, `HTTP://localhost:${daemon.port}/event`);
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('aws-amplify in Node over TLS with the local authority', async (t) => {
  const daemon = await Daemon.start({ tls: { selfSigned: true } });
  await playInNode(t, daemon, `https://localhost:${daemon.port}/event`, {
    NODE_EXTRA_CA_CERTS: daemon.caFile,
  });
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('aws-amplify in Node with http:// on a port that speaks both', async (t) => {
  const daemon = await Daemon.start({ tls: { selfSigned: true } });
  await playInNode(t, daemon, `http://localhost:${daemon.port}/event`, {
    NODE_EXTRA_CA_CERTS: daemon.caFile,
    EVENTSD_E2E_STEPS: 'short',
  });
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});
