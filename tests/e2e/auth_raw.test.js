// Every mode by hand: npm's ws, fetch and curl, with signatures of AWS's own signer.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { startAuth, open, connectAnswer, post, sign, signOperation, decisions } from './support/auth.js';
import { modes, pool, wrongCredential, notAllowed, wrongSignature } from './support/auth.js';
import { makeApiKey } from './support/daemon.js';
import { run } from './support/process.js';

let auth, daemon, host, makers, adminToken;

// How each mode makes the credentials of an operation: {} is what connecting signs.
before(async () => {
  auth = await startAuth();
  ({ daemon, host } = auth);
  adminToken = auth.secret(fs.readFileSync(path.join(daemon.data, 'admin-token'), 'utf8').trim());
  const token = { pool: auth.mint({ pool, use: 'id' }), oidc: auth.mint({ pool: 'oidc', alg: 'ES256' }) };
  const custom = auth.lambdaToken('allow');
  makers = {
    apiKey: () => ({ host, 'x-api-key': auth.key }),
    userPool: () => ({ host, Authorization: token.pool }),
    oidc: () => ({ host, Authorization: `Bearer ${token.oidc}` }),
    iam: (body) => signOperation(auth.user('everything'), host, body),
    lambda: () => ({ host, Authorization: custom }),
  };
});

after(() => auth.closeOthers());

async function operations(connection, channel, credentials) {
  const subscribe = { channel };
  const publish = { channel, events: ['{"over":"socket <&>"}'] };
  return {
    subscribe: await connection.ask({ type: 'subscribe', ...subscribe, authorization: await credentials(subscribe) }),
    publish: await connection.ask({ type: 'publish', ...publish, authorization: await credentials(publish) }),
    post: await post(daemon, channel, await httpHeaders(credentials, channel)),
  };
}

// The same credentials as HTTP headers; a signature covers the real body.
async function httpHeaders(credentials, channel) {
  const made = await credentials({ channel, events: ['1'] });
  return Object.fromEntries(Object.entries(made).filter(([name]) => name !== 'host' && name !== 'content-type').concat(
    made['content-type'] ? [['content-type', made['content-type']]] : []));
}

const refused = (error, status) => ({
  subscribe: { type: 'subscribe_error', errors: [error] },
  publish: { type: 'publish_error', errors: [error] },
  post: { status, type: error.errorType, error },
});

test('each mode on each namespace: connect, subscribe, publish, post', async (t) => {
  for (const [mode, credentials] of Object.entries(makers)) {
    await t.test(mode, async () => {
      const connection = await open(daemon, { credentials: await credentials({}) });
      connection.send({ type: 'connection_init' });
      assert.equal((await connection.inbox.take()).type, 'connection_ack');
      for (const namespace of ['all', `${mode.toLowerCase()}-only`]) {
        const channel = `/${namespace}/raw-${mode.toLowerCase()}`;
        const got = await operations(connection, channel, credentials);
        assert.deepEqual(got.subscribe, { type: 'subscribe_success' });
        assert.equal(got.publish.type, 'publish_success');
        assert.deepEqual(got.post, { status: 200, successful: 1 });
        assert.deepEqual(await connection.nextEvent(), { over: 'socket <&>' });
        assert.equal(await connection.nextEvent(), 1);
      }
      const others = Object.keys(modes).filter((other) => other !== mode).map((other) => `${other.toLowerCase()}-only`);
      for (const namespace of [...others, 'nowhere']) {
        const got = await operations(connection, `/${namespace}/x`, credentials);
        assert.deepEqual(got, refused(notAllowed, 403), namespace);
      }
      connection.socket.close();
    });
  }
});

test('a connection takes operations of every other mode', async () => {
  for (const [mode, credentials] of Object.entries(makers)) {
    const connection = await open(daemon, { credentials: await credentials({}) });
    for (const [other, others] of Object.entries(makers)) {
      const got = await operations(connection, `/${other.toLowerCase()}-only/${mode.toLowerCase()}`, others);
      assert.equal(got.subscribe.type, 'subscribe_success', `${mode}, ${other}`);
      assert.equal(got.publish.type, 'publish_success', `${mode}, ${other}`);
      assert.equal(await connection.nextEvent().then((e) => e.over), 'socket <&>');
      assert.equal(await connection.nextEvent(), 1);
    }
    connection.socket.close();
  }
});

test('namespaces whose publishers and subscribers have different modes', async () => {
  const connection = await open(daemon, { credentials: makers.apiKey() });
  const table = { 'iam-to-key': ['iam', 'apiKey'], 'pool-to-oidc': ['userPool', 'oidc'] };
  for (const [namespace, [publisher, subscriber]] of Object.entries(table)) {
    for (const [mode, credentials] of Object.entries(makers)) {
      const got = await operations(connection, `/${namespace}/${mode.toLowerCase()}`, credentials);
      const no = refused(notAllowed, 403);
      if (mode === subscriber) assert.deepEqual(got.subscribe, { type: 'subscribe_success' });
      else assert.deepEqual(got.subscribe, no.subscribe, `${namespace}, ${mode}`);
      if (mode === publisher) {
        assert.equal(got.publish.type, 'publish_success');
        assert.equal(got.post.status, 200);
      } else {
        assert.deepEqual([got.publish, got.post], [no.publish, no.post], `${namespace}, ${mode}`);
      }
    }
  }
  connection.socket.close();
});

test('wrong credentials of every mode: connect, subscribe, publish, post', async (t) => {
  const stranger = { ...auth.user('everything'), secretAccessKey: auth.secret('another-secret-' + makeApiKey()) };
  const wrongKey = auth.secret(makeApiKey());
  const jwt = (options) => () => ({ host, Authorization: auth.mint(options) });
  const valid = auth.mint({ pool });
  const table = {
    'an unknown key': [() => ({ host, 'x-api-key': wrongKey }), wrongCredential],
    'a user pool token that has expired': [jwt({ pool, lifetime: -600 }), wrongCredential],
    'a user pool token of the future': [jwt({ pool, claims: { nbf: 4e9 } }), wrongCredential],
    'a user pool token of another client': [jwt({ pool, clientId: 'ios' }), wrongCredential],
    'a token of an unknown issuer': [jwt({ pool: 'us-east-1_other' }), wrongCredential],
    'a token that signs nothing': [
      () => ({ host, Authorization: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${valid.split('.')[1]}.` }),
      wrongCredential,
    ],
    'claims of another token': [
      () => {
        const [head, , signature] = valid.split('.');
        const claims = { ...JSON.parse(Buffer.from(valid.split('.')[1], 'base64url')), sub: 'admin' };
        return { host, Authorization: `${head}.${Buffer.from(JSON.stringify(claims)).toString('base64url')}.${signature}` };
      },
      wrongCredential,
    ],
    'an OIDC token that has expired': [jwt({ pool: 'oidc', lifetime: -600 }), wrongCredential],
    'an OIDC token without iat': [jwt({ pool: 'oidc', claims: { iat: null } }), wrongCredential],
    'a token that the function refuses': [() => ({ host, Authorization: auth.lambdaToken('deny') }), wrongCredential],
    'an access key of nobody': [
      (body) => signOperation({ ...stranger, accessKeyId: 'AKIDNOBODY' }, host, body),
      wrongCredential,
    ],
    'another secret': [(body) => signOperation(stranger, host, body), wrongSignature],
    'a signature of something else': [
      () => signOperation(auth.user('everything'), host, { channel: '/all/other', events: ['2'] }),
      wrongSignature,
    ],
  };
  const connection = await open(daemon, { credentials: makers.apiKey() });
  for (const [what, [credentials, error]] of Object.entries(table)) {
    await t.test(what, async () => {
      const [status, errorCode] = error === wrongSignature ? [400, 400] : [401, 401];
      assert.deepEqual(await operations(connection, '/all/wrong', credentials), refused(error, status));
      assert.deepEqual(await connectAnswer(daemon, { credentials: await credentials({}) }), {
        type: 'connection_error',
        errors: [{ ...error, errorCode }],
        closed: 1000,
      });
    });
  }
  connection.socket.close();
});

test('AWS_IAM: what the policy says, and the session token', async () => {
  const connection = await open(daemon, { credentials: makers.apiKey() });
  const as = (name, change = {}) => (body) => signOperation({ ...auth.user(name), ...change }, host, body);
  const ask = (name, change) => operations(connection, `/all/${name}`, as(name, change));

  const reader = await ask('reader');
  assert.deepEqual(reader.subscribe, { type: 'subscribe_success' });
  const no = refused(notAllowed, 403);
  assert.deepEqual([reader.publish, reader.post], [no.publish, no.post]);

  assert.deepEqual(await ask('denied'), no);
  assert.equal((await connectAnswer(daemon, { credentials: await as('denied')({}) })).type, 'connection_ack');
  const elsewhere = await operations(connection, '/iam-only/denied', as('denied'));
  assert.equal(elsewhere.publish.type, 'publish_success');

  const temporary = await ask('temporary');
  assert.deepEqual(temporary.subscribe, { type: 'subscribe_success' });
  assert.equal(temporary.post.status, 200);
  for (const sessionToken of [undefined, auth.secret('another-session-token-' + makeApiKey())])
    assert.deepEqual(await ask('temporary', { sessionToken }), refused(wrongCredential, 401));
  assert.deepEqual(await ask('everything', { sessionToken: auth.secret('a-session-token-' + makeApiKey()) }), refused(wrongCredential, 401));
  connection.socket.close();
});

test('AWS_IAM: dates more than five minutes off, another region, an unsigned header', async () => {
  const connection = await open(daemon, { credentials: makers.apiKey() });
  const off = (minutes) => ({ date: new Date(Date.now() + minutes * 60_000) });
  const table = [
    [off(-6), /^Signature expired: \d{8}T\d{6}Z is now earlier than /],
    [off(6), /^Signature not yet current: \d{8}T\d{6}Z is still later than /],
    [{ region: 'eu-west-1' }, /^Credential should be scoped to a valid region\.$/],
  ];
  for (const [options, message] of table) {
    const credentials = (body) => signOperation(auth.user('everything'), host, body, options);
    const got = await operations(connection, '/all/x', credentials);
    for (const error of [got.subscribe.errors[0], got.publish.errors[0], got.post.error]) {
      assert.equal(error.errorType, 'BadRequestException');
      assert.match(error.message, message);
    }
    assert.equal(got.post.status, 400);
    const answer = await connectAnswer(daemon, { credentials: await credentials({}) });
    assert.match(answer.errors[0].message, message);
    assert.equal(answer.errors[0].errorCode, 400);
  }
  for (const minutes of [-4, 4]) {
    const got = await operations(connection, '/all/x', (body) => signOperation(auth.user('everything'), host, body, off(minutes)));
    assert.equal(got.publish.type, 'publish_success', `${minutes} minutes`);
  }
  const body = { channel: '/all/x' };
  const authorization = await signOperation(auth.user('everything'), host, body);
  const more = await connection.ask({ type: 'subscribe', ...body, authorization: { ...authorization, 'x-amz-security-token': 'x' } });
  assert.equal(more.errors[0].errorType, 'BadRequestException');
  assert.match(more.errors[0].message, /x-amz-security-token/);
  connection.socket.close();
});

test('credentials as headers of the upgrade, as android sends them', async () => {
  const iam = await sign(auth.user('temporary'), {
    host,
    headers: { 'content-type': 'application/json', 'x-amz-content-sha256': '44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a' },
  });
  const without = ({ host: _, ...headers }) => headers;
  const table = [
    { 'x-api-key': auth.key, 'x-amz-date': '20260101T000000Z' },
    { authorization: (await makers.userPool()).Authorization },
    { authorization: (await makers.oidc()).Authorization },
    { authorization: (await makers.lambda()).Authorization },
    without(iam),
  ];
  for (const headers of table) assert.equal((await connectAnswer(daemon, { headers })).type, 'connection_ack');
  const altered = { ...without(iam), 'content-type': 'text/plain' };
  const answer = await connectAnswer(daemon, { headers: altered });
  assert.deepEqual(answer.errors, [{ ...wrongSignature, errorCode: 400 }]);
  const expired = auth.mint({ pool, lifetime: -600 });
  const old = await connectAnswer(daemon, { headers: { authorization: expired } });
  assert.deepEqual(old.errors, [{ ...wrongCredential, errorCode: 401 }]);
  const nothing = await connectAnswer(daemon, { headers: {} });
  assert.equal(nothing.errors[0].errorType, 'UnauthorizedException');
});

test('curl with a signature of AWS’s signer', async () => {
  const body = JSON.stringify({ channel: 'all/curl', events: ['"<é&>"'] });
  for (const name of ['everything', 'temporary']) {
    const { host: _, ...headers } = await sign(auth.user(name), {
      host, body, headers: { 'content-type': 'application/json' },
    });
    const config = Object.entries(headers).map(([k, v]) => `header = "${k}: ${v}"`).join('\n');
    const curl = (data) =>
      run('curl', ['-sS', '-K', '-', '-w', '\n%{http_code}', '--data-binary', data, `${daemon.origin}/event`], { input: config });
    const good = await curl(body);
    assert.match(good.stdout, /\n200$/, good.stdout + good.stderr);
    const altered = await curl(body.replace('é', 'e'));
    assert.match(altered.stdout, /BadRequestException[^]*\n400$/);
  }
});

test('the decisions explain refusals to the operator and hold no secret', async () => {
  const unnamed = await fetch(`${daemon.admin}/v1/authorization/decisions`);
  assert.equal(unnamed.status, 401);
  const newest = async () => (await decisions(daemon, adminToken))[0];

  await post(daemon, '/iam-only/x', makers.apiKey());
  const mode = await newest();
  assert.equal(mode.decision, 'denied');
  assert.deepEqual(
    [mode.operation, mode.channel, mode.mode, mode.modesAllowed, mode.cause],
    ['publish', '/iam-only/x', 'API_KEY', ['AWS_IAM'], 'mode_not_allowed'],
  );
  await post(daemon, '/nowhere/x', makers.apiKey());
  assert.equal((await newest()).cause, 'unknown_namespace');
  await post(daemon, '/all/x', {});
  assert.equal((await newest()).cause, 'no_credential');

  await connectAnswer(daemon, { credentials: { host, Authorization: auth.mint({ pool, lifetime: -600 }) } });
  const expired = await newest();
  assert.deepEqual([expired.operation, expired.mode], ['connect', 'AMAZON_COGNITO_USER_POOLS']);
  assert.match(expired.reason, /expired 6\d\d s ago/);

  await connectAnswer(daemon, { credentials: await signOperation({ ...auth.user('everything'), secretAccessKey: 'x' }, host) });
  assert.match((await newest()).reason, /the signature of everything \(AKIDEVERYTHING\) differs/);
  await connectAnswer(daemon, { credentials: { host, Authorization: auth.lambdaToken('deny') } });
  assert.equal((await newest()).mode, 'AWS_LAMBDA');
});

test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
