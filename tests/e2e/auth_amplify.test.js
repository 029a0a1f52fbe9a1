// Unmodified aws-amplify in every authMode: in Node, and for user pools and API keys in Chromium.
import { test, before, after } from 'node:test';
import { fork } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { startAuth, pool } from './support/auth.js';
import { makeApiKey } from './support/daemon.js';
import { bundle, launch, servePages } from './support/browser.js';
import { Inbox } from './support/inbox.js';

let auth, context;

before(async () => {
  auth = await startAuth();
  const { daemon, mint, lambdaToken, key, user, secret } = auth;
  const authToken = lambdaToken('allow');
  const stranger = { kid: 'rsa-1', key: generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey };
  const refused = (options) => {
    // A wrong token of every kind that an issuer's client may come with.
    const session = (more) => ({ session: { token: mint({ ...options, ...more }) } });
    return {
      expired: session({ lifetime: -3600 }),
      'of another client': session({ clientId: 'other' }),
      'of another issuer': session({ pool: 'elsewhere' }),
      'signed with another key': session({ key: stranger }),
    };
  };
  const secretAccessKey = secret('W'.repeat(10) + Math.random().toString(36).slice(2));
  context = {
    endpoint: `HTTP://localhost:${daemon.port}/event`,
    credentials: {
      apiKey: { options: { authMode: 'apiKey', apiKey: key } },
      userPool: { options: { authMode: 'userPool' }, session: { token: mint({ pool }) } },
      oidc: { options: { authMode: 'oidc' }, session: { token: mint({ pool: 'oidc' }) } },
      iam: { options: { authMode: 'iam' }, session: { credentials: user('temporary') } },
      lambda: { options: { authMode: 'lambda', authToken } },
    },
    wrong: {
      apiKey: { 'a key that nobody has': { options: { authMode: 'apiKey', apiKey: secret(makeApiKey()) } } },
      userPool: refused({ pool }),
      oidc: refused({ pool: 'oidc' }),
      iam: {
        'another secret': {
          session: { credentials: { ...user('everything'), secretAccessKey } },
          signature: true,
        },
        'an unknown access key': {
          session: { credentials: { accessKeyId: 'AKIDNOBODY', secretAccessKey } },
        },
        'without its session token': {
          session: { credentials: { ...user('temporary'), sessionToken: undefined } },
        },
      },
      lambda: {
        'the function says no': { options: { authMode: 'lambda', authToken: lambdaToken('deny') } },
        'the expression does not fit': { options: { authMode: 'lambda', authToken: secret('Not.Allowed.' + Math.random()) } },
      },
    },
  };
  for (const [mode, list] of Object.entries(context.wrong))
    for (const wrong of Object.values(list)) wrong.options ??= { authMode: mode };
});

after(() => auth.closeOthers());

// A process that knows the steps, and what it says.
async function startChild(t) {
  const child = fork(fileURLToPath(new URL('./amplify/node_child.js', import.meta.url)), {
    env: { ...process.env, EVENTSD_E2E_SCENARIO: './auth_scenario.js' },
  });
  t.after(() => child.kill());
  const messages = new Inbox();
  child.on('message', (message) => messages.push(message));
  child.on('exit', (code) => messages.push({ exit: code }));
  const { steps } = await messages.take('list of steps');
  return { child, messages, steps };
}

// What one step is played with: each wrong credential has a runtime of its own.
function* casesOf(step) {
  if (!step.endsWith('is refused at once')) return yield [step, context];
  const mode = step.startsWith('none:') ? 'lambda' : step.slice(0, step.indexOf(':'));
  for (const [what, wrong] of Object.entries(context.wrong[mode]))
    yield [`${step}: ${what}`, { ...context, wrong: { ...context.wrong, [mode]: { [what]: wrong } } }];
}

test('aws-amplify in Node, every authMode', async (t) => {
  const { steps } = await startChild(t);
  for (const step of steps) {
    for (const [name, given] of casesOf(step)) {
      await t.test(name, async (t) => {
        const { child, messages } = await startChild(t);
        // `none` is the lambda's token under another name.
        const renamed = step.startsWith('none:')
          ? JSON.parse(JSON.stringify(given).replaceAll('"authMode":"lambda"', '"authMode":"none"'))
          : given;
        child.send({ context: renamed });
        child.send({ step });
        const message = await messages.take('end of the step', 60_000);
        if (message.done !== step || message.error)
          throw new Error(message.error ?? `unexpected: ${JSON.stringify(message)}`);
      });
    }
  }
});

test('aws-amplify in Chromium, userPool and apiKey', async (t) => {
  const pages = await servePages({
    '/auth.html': { type: 'text/html', body: '<!doctype html><script src="auth.js"></script>' },
    '/auth.js': { type: 'text/javascript', body: await bundle('browser/auth_page.js') },
  });
  t.after(() => pages.close());
  const browser = await launch();
  t.after(() => browser.close());
  const page = await browser.newPage();
  await page.goto(`${pages.origin}/auth.html`);
  for (const name of await page.evaluate(() => globalThis.stepNames())) {
    await t.test(name, async () => {
      await page.goto(`${pages.origin}/auth.html`); // a runtime of its own
      const problem = await page.evaluate(
        ([step, what]) => globalThis.playStep(step, what),
        [name, context],
      );
      if (problem) throw new Error(problem);
    });
  }
});

test('the daemon ends cleanly and its log holds no credential', () => auth.daemon.stop());
