// The console, as its user has it: what it does.
import { test, before } from 'node:test';
import assert from 'node:assert/strict';
import WebSocket from 'ws';
import { pool, startAuth } from './support/auth.js';
import { credentialProtocol, makeApiKey } from './support/daemon.js';
import {
  closePage,
  connected,
  eventRow,
  iam,
  openConsole,
  publish,
  published,
  shoot,
  show,
  startConsole,
  subscribe,
  useKey,
} from './support/console.js';

let world, daemon, token, openPage, signedIn;
before(async () => {
  world = await startConsole();
  ({ daemon, token, openPage, signedIn } = world);
});

test('the token goes from the address into the session, and not into the address bar', async () => {
  const page = await signedIn();
  assert.doesNotMatch(page.url(), /token/);
  await page.reload();
  await page.getByRole('tab', { name: 'Pub/Sub' }).waitFor();
  await page.getByRole('button', { name: 'Sign out' }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await closePage(page);
});

test('a wrong token is refused, and the right one let in', async () => {
  const page = await openPage();
  await page.goto(`${daemon.admin}/console`);
  await page.getByLabel('Admin token').fill('wrong');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('This token is not accepted.').waitFor();
  assert.equal(await page.locator('#view-editor').isVisible(), false);
  await page.getByLabel('Admin token').fill(token);
  await page.keyboard.press('Enter');
  await page.getByRole('tab', { name: 'Live' }).waitFor();
  await closePage(page);
});

test('subscribe, publish over both ways, look at the frames, unsubscribe', async () => {
  const page = await signedIn();
  await useKey(page);
  await subscribe(page, '/default/rooms/*');
  await connected(page);
  await subscribe(page, '/plain/x');
  await publish(page, '/default/rooms/one', '{"text": "over HTTP"}');
  await published(page, '1 event');
  await eventRow(page, 'over HTTP').waitFor();
  await publish(page, '/plain/x', '[{"n": 1}, {"n": 2}]', 'WebSocket');
  await published(page, '2 events');
  await eventRow(page, '{"n":2}').waitFor();
  assert.deepEqual(await page.locator('.chip .number').allInnerTexts(), ['1', '2']);

  await eventRow(page, 'over HTTP').locator('summary').click();
  assert.equal(
    await eventRow(page, 'over HTTP').locator('pre').innerText(),
    '{\n  "text": "over HTTP"\n}',
  );
  await shoot(page, 'editor');

  await page.getByRole('radio', { name: 'Raw frames' }).check();
  const frames = page.locator('#frames li');
  for (const type of [
    'connection_init',
    'connection_ack',
    'subscribe',
    'subscribe_success',
    'publish',
    'publish_success',
    'data',
    'POST',
    'HTTP 200',
  ]) {
    await frames
      .filter({ has: page.locator('.title', { hasText: new RegExp(`^${type}$`) }) })
      .first()
      .waitFor();
  }
  for (const row of await frames.locator('summary').all()) await row.click();
  const text = await page.locator('#frames').innerText();
  assert.match(text, /\*{8}/);
  assert.ok(!text.includes(daemon.key), 'a frame shows the API key');

  await page.getByLabel('Filter').fill('publish_success');
  assert.equal(await frames.count(), 1);
  await page.getByRole('button', { name: 'Unsubscribe from /plain/x' }).click();
  await page.locator('.chip').nth(1).waitFor({ state: 'detached' });
  assert.equal(await page.locator('.chip').count(), 1);
  await closePage(page);
});

test('JSON is checked while it is written, and what cannot be published is not', async () => {
  const page = await signedIn();
  const payload = page.locator('#publish-form').getByLabel('Event');
  const state = page.locator('#payload-state');
  for (const [text, fault] of [
    ['', 'An event is needed: any JSON'],
    ['{"a": }', 'Line 1, column 7: a value is expected'],
    ['{"a": 1,\n  b: 2}', 'Line 2, column 3: a name in double quotes is expected'],
    ['[1, 2', 'Line 1, column 6: “,” or “]” is expected'],
    ['"open', 'Line 1, column 1: this text does not end, or holds what must be escaped'],
    ['{} {}', 'Line 1, column 4: nothing more is expected'],
    ['01', 'Line 1, column 2: nothing more is expected'],
    ['"\\x"', 'Line 1, column 1: this text does not end, or holds what must be escaped'],
    ['[]', 'An empty list: nothing would be published'],
  ]) {
    await payload.fill(text);
    assert.equal(await state.innerText(), fault);
    assert.equal(await payload.getAttribute('aria-invalid'), 'true');
  }
  await payload.fill('[1,2,3,4,5,6]');
  assert.match(await state.innerText(), /at most 5/);
  await payload.fill('{"b":1,"a":[1,2]}');
  assert.equal(await state.innerText(), 'Valid JSON · 1 event · 17 B');
  await useKey(page);
  await subscribe(page, '/plain/exact');
  await publish(page, '/plain/exact', '[12345678901234567890, {"2": "a b", "1": [ 1.0 ]}]');
  await eventRow(page, '{"2":"a b","1":[1.0]}').waitFor();
  await eventRow(page, '12345678901234567890').waitFor();
  await payload.fill('{"b":1,"a":[1,2]}');
  await page.getByRole('button', { name: 'Format' }).click();
  assert.equal(await payload.inputValue(), '{\n  "b": 1,\n  "a": [\n    1,\n    2\n  ]\n}');
  await closePage(page);
});

test('errors are told where they arose, and say why', async () => {
  const page = await signedIn();
  await publish(page, '/default/a', '1');
  await page.locator('#publish-error', { hasText: 'An API key is needed.' }).waitFor();
  const wrong = makeApiKey();
  daemon.secrets.push(wrong);
  await page.getByLabel('API key').fill(wrong);
  await publish(page, '/default/a', '1');
  await page.locator('#publish-error', { hasText: 'UnauthorizedException' }).waitFor();
  await page.getByRole('button', { name: 'Connect', exact: true }).click();
  await page.locator('#connect-error', { hasText: 'UnauthorizedException' }).waitFor();
  await page.getByRole('tab', { name: 'Authorization' }).click();
  await page.locator('#decisions-table td', { hasText: 'invalid credential' }).first().waitFor();
  await page.getByRole('tab', { name: 'Pub/Sub' }).click();
  await useKey(page);
  await publish(page, 'no channel', '1');
  await page.locator('#publish-error', { hasText: 'BadRequestException' }).waitFor();
  await closePage(page);
});

test('IAM operations are signed in the page', async () => {
  const page = await signedIn();
  await page.getByLabel('Authorization mode').selectOption('AWS_IAM');
  await page.getByLabel('Access key', { exact: true }).fill(iam.accessKeyId);
  await page.getByLabel('Secret access key').fill(iam.secretAccessKey);
  await subscribe(page, '/plain/signed');
  await publish(page, '/plain/signed', '{"by": "socket <&>"}', 'WebSocket');
  await eventRow(page, 'by":"socket').waitFor();
  await publish(page, '/plain/signed', '{"by": "http"}');
  await eventRow(page, 'by":"http').waitFor();
  await closePage(page);
});

test('every kind of token is taken, and temporary credentials sign', async (t) => {
  const auth = await startAuth();
  const own = await openConsole(auth.daemon);
  t.after(() => auth.closeOthers());
  const page = await own.signedIn();
  const choose = (mode) => page.getByLabel('Authorization mode').selectOption(mode);
  const token = page.locator('#auth-token');
  const { accessKeyId, secretAccessKey, sessionToken } = auth.user('temporary');
  const ways = {
    AMAZON_COGNITO_USER_POOLS: () => token.fill(auth.mint({ pool })),
    OPENID_CONNECT: () => token.fill(auth.mint({ pool: 'oidc' })),
    AWS_LAMBDA: () => token.fill(auth.lambdaToken('allow')),
    AWS_IAM: async () => {
      await page.locator('#access-key').fill(accessKeyId);
      await page.locator('#secret-key').fill(secretAccessKey);
      await page.locator('#session-token').fill(sessionToken);
    },
  };
  for (const [mode, enter] of Object.entries(ways)) {
    await t.test(mode, async () => {
      await choose(mode);
      await enter();
      await subscribe(page, `/all/${mode.replaceAll('_', '-')}`);
      await publish(page, `/all/${mode.replaceAll('_', '-')}`, `"${mode} http"`);
      await eventRow(page, `${mode} http`).waitFor();
      await publish(page, `/all/${mode.replaceAll('_', '-')}`, `"${mode} socket"`, 'WebSocket');
      await eventRow(page, `${mode} socket`).waitFor();
      await page.getByRole('button', { name: 'Disconnect' }).click();
    });
  }
  await page.getByRole('radio', { name: 'Raw frames' }).check();
  const text = await page.locator('#frames').innerText();
  for (const secret of auth.daemon.secrets)
    assert.ok(!text.includes(secret), 'a credential is shown');
  await closePage(page);
  await own.stop();
});

test('the past is paged through, and replayed from where one likes', async () => {
  const page = await signedIn();
  const post = (n) =>
    fetch(`${daemon.origin}/event`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-api-key': daemon.key },
      body: JSON.stringify({ channel: '/default/past/a', events: [`"event ${n}"`] }),
    });
  for (let n = 1; n <= 7; n += 1) assert.equal((await post(n)).status, 200);
  await page.getByRole('tab', { name: 'History' }).click();
  const view = page.locator('#view-history');
  await view.getByLabel('Channel').fill('/default/past/*');
  await view.getByLabel('Events a page').fill('3');
  const details = () => view.locator('.log .detail').allInnerTexts();
  const shows = async (...numbers) => {
    await view.locator('.log li', { hasText: `event ${numbers[0]}` }).waitFor();
    assert.deepEqual(
      await details(),
      numbers.map((n) => `"event ${n}"`),
    );
  };
  await view.getByRole('button', { name: 'Newest' }).click();
  await shows(7, 6, 5);
  await view.getByRole('button', { name: 'Older' }).click();
  await shows(4, 3, 2);
  await view.getByRole('button', { name: 'Older' }).click();
  await shows(1);
  assert.equal(await view.getByRole('button', { name: 'Older' }).isDisabled(), true);
  await view.getByRole('button', { name: 'Newer' }).click();
  await shows(4, 3, 2);
  await shoot(page, 'history');

  await view.locator('.log li', { hasText: 'event 4' }).locator('summary').click();
  await view.getByRole('button', { name: 'Replay from here' }).click();
  await useKey(page);
  await page.locator('#subscribe-form').getByRole('button', { name: 'Subscribe' }).click();
  await eventRow(page, 'event 7').waitFor();
  assert.deepEqual(await page.locator('#events .detail').allInnerTexts(), [
    '"event 7"',
    '"event 6"',
    '"event 5"',
  ]);
  await subscribe(page, '/default/past/a', { last: 2 });
  await page.locator('.chip').nth(1).locator('.number', { hasText: '2' }).waitFor();
  await closePage(page);
});

test('the live view shows channels, connections, and the frames of one with its credentials masked', async () => {
  const page = await signedIn();
  const socket = new WebSocket(`${daemon.origin.replace('http', 'ws')}/event/realtime`, [
    'aws-appsync-event-ws',
    credentialProtocol({ host: 'h', 'x-api-key': daemon.key }),
  ]);
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  const say = (message) =>
    socket.send(
      JSON.stringify({ ...message, authorization: { host: 'h', 'x-api-key': daemon.key } }),
    );
  say({ type: 'subscribe', id: 'a', channel: '/plain/watched' });
  await page.getByRole('tab', { name: 'Live' }).click();
  await page.getByLabel('Address, request id or channel').fill('/plain/watched');
  const row = page.locator('#connections-table tbody tr');
  await row.filter({ hasText: '/plain/watched' }).waitFor();
  await page.waitForFunction(
    () => document.querySelectorAll('#connections-table tbody tr').length === 1,
  );
  await row.getByRole('button').click();
  await page.locator('#watch-state', { hasText: 'connected' }).waitFor();
  say({ type: 'publish', id: 'p', channel: '/plain/watched', events: ['"seen"'] });
  const frames = page.locator('#watch-log li');
  await frames.filter({ hasText: '"type":"data"' }).waitFor();
  const sent = frames.filter({ hasText: '"type":"publish"' });
  assert.match(await sent.locator('.detail').innerText(), /"x-api-key":"\*{8}"/);
  assert.ok(!(await page.locator('#watch').innerText()).includes(daemon.key), 'the key is shown');
  await shoot(page, 'frames');
  await page.keyboard.press('Escape');
  await page.locator('#channels-table td', { hasText: '/plain/watched' }).waitFor();
  assert.equal(await page.locator('.tile').count(), 6);
  await shoot(page, 'live');
  socket.terminate();
  await page.getByText('No connection matches the filter.').waitFor();
  await closePage(page);
});

test('no answer of the admin port holds a credential', async () => {
  for (const one of ['info', 'live', 'config', 'limits', 'handlers']) {
    const response = await fetch(`${daemon.admin}/console/api/${one}`, {
      headers: { authorization: `Bearer ${token}` },
    });
    const text = await response.text();
    assert.equal(response.status, 200, one);
    for (const secret of daemon.secrets)
      assert.ok(!text.includes(secret), `${one} holds a credential`);
  }
});

test('what handlers log is shown with credentials masked, and so are the errors that end them', async () => {
  const page = await signedIn();
  await useKey(page);
  await publish(page, '/code/a', '"fine"');
  await published(page, '1 event');
  await publish(page, '/code/a', '"break"');
  await page.locator('#publish-error:not(:empty)').waitFor();
  await show(page, 'Handlers');
  const rows = page.locator('#handlers-table tbody tr');
  const said = rows.filter({ hasText: 'headers' }).first();
  await said.waitFor();
  const text = await said.innerText();
  assert.match(text, /code\s+onPublish/);
  assert.match(text, /\*{8}/);
  const broken = rows.filter({ hasText: 'a handler failed' });
  await broken.waitFor();
  assert.equal(await broken.locator('.tag').innerText(), 'error');
  assert.ok(
    !(await page.locator('#handlers-table').innerText()).includes(daemon.key),
    'a key is shown',
  );
  await shoot(page, 'handlers');
  await closePage(page);
});

test('configuration is shown with its secrets masked, and limits with their use', async () => {
  const page = await signedIn();
  await page.getByRole('tab', { name: 'Configuration' }).click();
  const yaml = page.locator('#configuration');
  await yaml.getByText('apiKeys').waitFor();
  assert.match(await yaml.innerText(), /id: "\*{8}"/);
  await page.getByRole('tab', { name: 'Limits' }).click();
  await page
    .getByRole('row', { name: /maxConnections/ })
    .first()
    .waitFor();
  assert.ok((await page.getByRole('meter').count()) >= 5);
  await page.getByRole('tab', { name: 'Handlers' }).click();
  await page
    .locator('#handlers-table')
    .getByText(/No line|Level/)
    .first()
    .waitFor();
  await closePage(page);
});

test('pages of other sites cannot ask the admin port, and the page cannot be framed', async () => {
  const foreign = await fetch(`${daemon.admin}/console/api/info`, {
    headers: { authorization: `Bearer ${token}`, origin: 'http://evil.example' },
  });
  assert.equal(foreign.status, 403);
  const page = await fetch(`${daemon.admin}/console`);
  assert.match(page.headers.get('content-security-policy'), /frame-ancestors 'none'/);
  assert.equal(page.headers.get('access-control-allow-origin'), null);
});

test('it says when the admin port does not answer, and goes on when it does', async () => {
  const page = await signedIn();
  await show(page, 'Live');
  await page.route('**/console/api/live*', (route) => route.abort());
  await page.getByText('The admin port does not answer. Trying again…').waitFor();
  await page.unroute('**/console/api/live*');
  await page
    .getByText('The admin port does not answer. Trying again…')
    .waitFor({ state: 'hidden' });
  await closePage(page);
});

test('the daemon ends cleanly and its log holds no credential', () => world.stop());
