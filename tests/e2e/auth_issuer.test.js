// Keys that change while clients are connected, an issuer that is away, and the development issuer.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { startAuth, open, connectAnswer, post, pool, wrongCredential } from './support/auth.js';
import { binary } from './support/daemon.js';
import { run } from './support/process.js';
import { startIssuer } from '../auth/issuer.mjs';


// Right after its start the daemon has not read its own keys yet.
async function whenAccepted(attempt) {
  const end = Date.now() + 90_000;
  for (;;) {
    const answer = await attempt();
    if (answer.type.endsWith('_success') || answer.type === 'connection_ack') return;
    assert.ok(Date.now() < end, `still ${JSON.stringify(answer)}`);
    await new Promise((resolve) => setTimeout(resolve, 200)); // polls another process
  }
}

test('issuers that rotate their keys while clients are connected', async (t) => {
  const keeps = await startIssuer(); // its old keys stay in the set; the other's go
  t.after(() => keeps.close());
  const auth = await startAuth((settings) => {
    for (const { openIDConnectConfig } of settings.api.authProviders)
      if (openIDConnectConfig) openIDConnectConfig.issuer = keeps.issuer('oidc');
  });
  t.after(() => auth.closeOthers());
  const { daemon, issuer: drops, host } = auth;
  const as = (token) => ({ host, Authorization: token });
  const mint = {
    keeps: (options) => auth.secret(keeps.mint({ pool: 'oidc', ...options })),
    drops: (options) => auth.mint({ pool, ...options }),
  };
  const page = { keeps: ['/oidc/.well-known/jwks.json', keeps], drops: [`/${pool}/.well-known/jwks.json`, drops] };
  const fetches = (which) => page[which][1].stats()[page[which][0]];
  const old = { keeps: mint.keeps(), drops: mint.drops() };
  const connection = await open(daemon, { credentials: as(old.drops) });
  const subscribe = (token) => connection.ask({ type: 'subscribe', channel: '/all/x', authorization: as(token) });
  const granted = { type: 'subscribe_success' };
  const refused = { type: 'subscribe_error', errors: [wrongCredential] };
  for (const token of Object.values(old)) assert.deepEqual(await subscribe(token), granted);

  keeps.rotate({ keep: true });
  drops.rotate({ keep: false });
  const before = { keeps: fetches('keeps'), drops: fetches('drops') };

  await t.test('new tokens are accepted after one fetch', async () => {
    for (const which of ['keeps', 'drops']) {
      assert.deepEqual(await subscribe(mint[which]()), granted);
      assert.deepEqual(await subscribe(mint[which]({ sub: 'bob' })), granted);
      assert.equal(fetches(which), before[which] + 1);
    }
  });

  await t.test('the old token is good where the old key is kept, and nowhere else', async () => {
    assert.deepEqual(await subscribe(old.keeps), granted);
    assert.deepEqual(await subscribe(old.drops), refused);
    assert.equal((await post(daemon, '/all/x', { authorization: old.drops })).status, 401);
    assert.deepEqual((await connectAnswer(daemon, { credentials: as(old.drops) })).errors, [
      { ...wrongCredential, errorCode: 401 },
    ]);
  });

  await t.test('what the old token has opened goes on', async () => {
    assert.equal((await post(daemon, '/all/x', { authorization: mint.drops() }, ['"on"'])).status, 200);
    assert.equal(await connection.nextEvent(), 'on');
  });

  await t.test('unknown kids make no further fetch within the minute', async () => {
    for (let i = 0; i < 10; ++i)
      assert.deepEqual(await subscribe(mint.drops({ header: { kid: `unknown-${i}` } })), refused);
    assert.equal(fetches('drops'), before.drops + 1);
  });

  await t.test('while the issuer is away, its keys stay in use', async () => {
    drops.setDown(true);
    assert.deepEqual(await subscribe(mint.drops({ sub: 'carol' })), granted);
  });
  connection.socket.close();
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});

test('the development issuer: mint, connect, subscribe and publish', async (t) => {
  const auth = await startAuth((settings) => {
    settings.devIssuer = { enabled: true };
  });
  t.after(() => auth.closeOthers());
  const { daemon } = auth;
  // Its address is known now: the OIDC provider and the user pool point to it from here on.
  const issuer = `${daemon.admin}/dev-issuer`;
  for (const provider of daemon.settings.api.authProviders) {
    if (provider.cognitoConfig) Object.assign(provider.cognitoConfig, { issuer, appIdClientRegex: '' });
  }
  await daemon.restart();

  const mint = async (...args) => {
    const { code, stdout, stderr } = await run(binary(), ['token', ...args]);
    assert.equal(code, 0, stderr);
    const token = stdout.trim();
    assert.match(token, /^[\w-]+\.[\w-]+\.[\w-]+$/);
    daemon.secrets.push(token, token.split('.')[2]);
    return token;
  };
  const claims = (token) => JSON.parse(Buffer.from(token.split('.')[1], 'base64url'));

  for (const [way, from] of [['its key', ['--data-dir', daemon.data]], ['its address', ['--url', daemon.admin]]]) {
    await t.test(`a token from ${way}`, async () => {
      const token = await mint('--sub', 'alice', '--groups', 'admins,editors', '--claim', 'email=a@example.com', ...from);
      const { iss, sub, email, 'cognito:groups': groups } = claims(token);
      assert.deepEqual({ iss, sub, email, groups }, { iss: issuer, sub: 'alice', email: 'a@example.com', groups: ['admins', 'editors'] });
      const authorization = { host: auth.host, Authorization: token };
      await whenAccepted(() => connectAnswer(daemon, { credentials: authorization }));
      const connection = await open(daemon, { credentials: authorization });
      const got = await connection.ask({ type: 'subscribe', channel: '/userpool-only/dev', authorization });
      assert.equal(got.type, 'subscribe_success');
      const verb = await run(binary(), ['publish', 'userpool-only/dev', '"by the verb"', '--auth-token', token, '--url', `${daemon.origin}/event`]);
      assert.equal(verb.code, 0, verb.stderr);
      assert.equal(await connection.nextEvent(), 'by the verb');
      connection.socket.close();
    });
  }

  await t.test('a token that has expired is refused', async () => {
    const token = await mint('--claim', 'exp=1', '--data-dir', daemon.data);
    const answer = await connectAnswer(daemon, { credentials: { host: auth.host, Authorization: token } });
    assert.deepEqual(answer.errors, [{ ...wrongCredential, errorCode: 401 }]);
  });

  await t.test('it is loud in the log, and its key is its owner’s alone', () => {
    assert.match(daemon.logText(), /warn[^\n]*dev-?issuer/i);
    assert.equal(fs.statSync(`${daemon.data}/dev-issuer-key.pem`).mode & 0o777, 0o600);
  });
  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});
