// AWS_LAMBDA against a stand-in for Lambda that runs a real handler file: raw sockets and HTTP.
import { test, before, after, beforeEach } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { fileURLToPath } from 'node:url';
import WebSocket from 'ws';
import { Daemon, credentialProtocol } from './support/daemon.js';
import { Inbox } from './support/inbox.js';
import { loadHandler, serveLambda } from '../auth/lambda_invoke.mjs';

const lambda = ['AWS_LAMBDA'];
let fn;
let daemon;

function settings(url, authorizer = {}) {
  return {
    accountId: '111122223333',
    lambda: { functions: { auth: { url } } },
    api: {
      name: 'e2e',
      authProviders: [
        { authType: 'API_KEY' },
        {
          authType: 'AWS_LAMBDA',
          lambdaAuthorizerConfig: {
            authorizerUri: 'arn:aws:lambda:us-east-1:111122223333:function:auth',
            identityValidationExpression: '^[a-z0-9-]+$',
            ...authorizer,
          },
        },
      ],
      connectionAuthModes: lambda,
      defaultPublishAuthModes: lambda,
      defaultSubscribeAuthModes: lambda,
      apiKeys: [{ id: 'da2-abcdefghijklmnopqrstuvwxyz' }],
      channelNamespaces: [
        { name: 'news' },
        { name: 'keys', publishAuthModes: ['API_KEY'], subscribeAuthModes: ['API_KEY'] },
      ],
    },
  };
}

before(async () => {
  const handler = await loadHandler(
    fileURLToPath(new URL('../auth/authorizer.cjs', import.meta.url)),
  );
  fn = await serveLambda(handler);
  daemon = await Daemon.start(settings(fn.url));
});
after(async () => {
  await daemon.stop();
  fn.close();
});
beforeEach(() => {
  fn.calls.length = 0;
  fn.mostAtOnce = 0;
});

const credential = (token, to = daemon) => ({ host: `localhost:${to.port}`, Authorization: token });

// A socket whose messages are in its inbox.
function open(token, to = daemon) {
  const socket = new WebSocket(`ws://127.0.0.1:${to.port}/event/realtime`, [
    credentialProtocol(credential(token, to)),
    'aws-appsync-event-ws',
  ]);
  socket.inbox = new Inbox();
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.type !== 'ka') socket.inbox.push(message);
  });
  socket.on('close', (code) => socket.inbox.push({ closed: code }));
  socket.on('open', () => socket.send('{"type":"connection_init"}'));
  socket.ask = (message) => {
    socket.send(JSON.stringify(message));
    return socket.inbox.take(JSON.stringify(message));
  };
  return socket;
}
async function connected(token, to = daemon) {
  const socket = open(token, to);
  assert.equal((await socket.inbox.take()).type, 'connection_ack');
  return socket;
}
function publishHttp(token, channel = 'news/latest', to = daemon) {
  return fetch(`http://127.0.0.1:${to.port}/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', Authorization: token, Animal: 'cat' },
    body: JSON.stringify({ channel, events: ['{"a":1}'] }),
  });
}
async function denials(to = daemon) {
  const token = fs.readFileSync(`${to.data}/admin-token`, 'utf8').trim();
  const response = await fetch(`${to.admin}/v1/authorization/decisions?limit=10`, {
    headers: { authorization: `Bearer ${token}` },
  });
  assert.equal(response.status, 200);
  return (await response.json()).decisions;
}
async function metric(name, to = daemon) {
  const text = await (await fetch(`${to.admin}/metrics`)).text();
  return Number(text.split('\n').find((line) => line.startsWith(`${name} `))?.split(' ')[1]);
}
const unauthorized = {
  errorType: 'UnauthorizedException',
  message: 'You are not authorized to make this call.',
};

test('connect, subscribe and publish are asked about, each with its own event', async () => {
  const socket = await connected('allow-alice');
  const authorization = credential('allow-bob');
  assert.equal(
    (await socket.ask({ type: 'subscribe', id: 's1', channel: '/news/*', authorization })).type,
    'subscribe_success',
  );
  const publish = { type: 'publish', id: 'p1', channel: '/news/latest', events: ['1'] };
  const answers = [await socket.ask({ ...publish, authorization }), await socket.inbox.take()];
  assert.deepEqual(answers.map((a) => a.type).sort(), ['data', 'publish_success']);
  const response = await publishHttp('allow-carol');
  assert.equal(response.status, 200);
  socket.close();

  const context = (call) => {
    const { apiId, requestId, ...rest } = call.requestContext;
    assert.match(apiId, /^[a-z0-9]{26}$/);
    assert.match(requestId, /^[0-9a-f-]{36}$/);
    return rest;
  };
  const accountId = '111122223333';
  const news = { accountId, channelNamespaceName: 'news' };
  assert.deepEqual(fn.calls.map(context), [
    { accountId, operation: 'EVENT_CONNECT', channelNamespaceName: null, channel: null },
    { ...news, operation: 'EVENT_SUBSCRIBE', channel: '/news/*' },
    { ...news, operation: 'EVENT_PUBLISH', channel: '/news/latest' },
    { ...news, operation: 'EVENT_PUBLISH', channel: '/news/latest' },
  ]);
  assert.deepEqual(
    fn.calls.map((call) => call.authorizationToken),
    ['allow-alice', 'allow-bob', 'allow-bob', 'allow-carol'],
  );
  assert.equal(fn.calls[1].requestHeaders.authorization, 'allow-bob');
  assert.equal(fn.calls[3].requestHeaders.animal, 'cat');
  assert.deepEqual(Object.keys(fn.calls[0]).sort(), [
    'authorizationToken',
    'requestContext',
    'requestHeaders',
  ]);
});

test('a refused connect gets connection_error and a normal close', async () => {
  const socket = open('deny');
  assert.deepEqual(await socket.inbox.take(), {
    type: 'connection_error',
    errors: [{ ...unauthorized, errorCode: 401 }],
  });
  assert.deepEqual(await socket.inbox.take(), { closed: 1000 });
});

test('whatever is not a proper yes refuses, and the operator learns why', async () => {
  const reasons = {
    deny: /isAuthorized: false/,
    throw: /failed: TypeError: cannot read/,
    empty: /isAuthorized is missing/,
    nested: /handlerContext.user is not a string/,
    garbage: /not a JSON object/,
    'NO-MATCH': /identityValidationExpression/,
  };
  for (const [token, reason] of Object.entries(reasons)) {
    const response = await publishHttp(token);
    assert.equal(response.status, 401, token);
    assert.equal(response.headers.get('x-amzn-errortype'), 'UnauthorizedException');
    assert.deepEqual(await response.json(), { errors: [unauthorized] });
    const [latest] = await denials();
    assert.match(latest.reason, reason);
    assert.equal(latest.mode, 'AWS_LAMBDA');
    assert.equal(latest.cause, 'invalid_credential');
    assert.equal(latest.operation, 'publish');
  }
  assert.equal(fn.calls.length, 5, 'a token that does not match is not asked about');
  const log = daemon.logText();
  assert.match(log, /authorization denied/);
});

test('one operation may be allowed and another not', async () => {
  const socket = await connected('allow-alice');
  const authorization = credential('subscribe-only');
  const channel = '/news/latest';
  const asked = await socket.ask({ type: 'subscribe', id: 's', channel, authorization });
  assert.equal(asked.type, 'subscribe_success');
  const refused = await socket.ask({ type: 'publish', id: 'p', channel, events: ['1'], authorization });
  assert.equal(refused.type, 'publish_error');
  assert.equal(refused.id, 'p');
  assert.equal(refused.errors[0].errorType, 'UnauthorizedException');
  socket.close();
});

test('an unknown namespace and a namespace of other modes are refused alike', async () => {
  const socket = await connected('allow-alice');
  const authorization = credential('allow-alice');
  const answers = [];
  for (const channel of ['/keys/a', '/nowhere/a']) {
    const { errors } = await socket.ask({ type: 'subscribe', id: 's', channel, authorization });
    answers.push(errors);
    assert.equal((await publishHttp('allow-alice', channel)).status, 403);
  }
  assert.deepEqual(answers[0], answers[1]);
  assert.equal(answers[0][0].message, undefined);
  assert.equal(fn.calls.length, 5, 'the function is asked in both cases');
  const causes = (await denials()).slice(0, 4).map((d) => d.cause);
  assert.deepEqual(causes, [
    'unknown_namespace',
    'unknown_namespace',
    'mode_not_allowed',
    'mode_not_allowed',
  ]);
  socket.close();
});

test('a malformed channel is told, without a call', async () => {
  const response = await publishHttp('allow-alice', '//');
  assert.equal(response.status, 400);
  assert.equal(fn.calls.length, 0);
});

test('an answer is kept as long as it says', async () => {
  const hits = await metric('eventsd_lambda_authorizer_cache_hits_total');
  for (let i = 0; i < 5; ++i) assert.equal((await publishHttp('ttl-60-alice')).status, 200);
  assert.equal(fn.calls.length, 1);
  assert.equal((await metric('eventsd_lambda_authorizer_cache_hits_total')) - hits, 4);
  await publishHttp('ttl-60-alice', 'news/other');
  assert.equal(fn.calls.length, 2, 'another channel is another question');
  for (let i = 0; i < 3; ++i) await publishHttp('allow-alice');
  assert.equal(fn.calls.length, 5, 'without a time each is asked about');
});

test('those who ask the same at a time share one call', async () => {
  const earlier = await metric('eventsd_lambda_authorizer_cache_joined_total');
  let release;
  fn.delay = new Promise((resolve) => (release = resolve));
  const answers = Array.from({ length: 30 }, () => publishHttp('allow-alice'));
  const joined = () => metric('eventsd_lambda_authorizer_cache_joined_total');
  const end = Date.now() + 10_000;
  while ((await joined()) - earlier < 29) assert.ok(Date.now() < end, 'not all have joined');
  release();
  fn.delay = undefined;
  for (const answer of await Promise.all(answers)) assert.equal(answer.status, 200);
  assert.equal(fn.calls.length, 1);
});

test('the ttl of the configuration holds for answers that name none', async () => {
  const other = await Daemon.start(settings(fn.url, { authorizerResultTtlInSeconds: 60 }));
  try {
    for (let i = 0; i < 3; ++i) assert.equal((await publishHttp('allow-a', undefined, other)).status, 200);
    assert.equal(fn.calls.length, 1);
    for (let i = 0; i < 3; ++i) assert.equal((await publishHttp('ttl-0-a', undefined, other)).status, 200);
    assert.equal(fn.calls.length, 4, 'ttlOverride 0 keeps nothing');
    // A reload that changes something else keeps the answers.
    process.kill(other.process.pid, 'SIGHUP');
    const end = Date.now() + 10_000;
    while (!other.logText().includes('configuration reloaded')) {
      assert.ok(Date.now() < end, 'not reloaded');
      await new Promise((resolve) => setTimeout(resolve, 20)); // polls another process's log
    }
    assert.equal((await publishHttp('allow-a', undefined, other)).status, 200);
    assert.equal(fn.calls.length, 4);
  } finally {
    await other.stop();
  }
});

test('a function that cannot be reached refuses, and the daemon stops in order', async () => {
  const other = await Daemon.start(settings('http://127.0.0.1:9'));
  try {
    assert.equal((await publishHttp('allow-a', undefined, other)).status, 401);
    assert.match((await denials(other))[0].reason, /cannot be asked/);
  } finally {
    await other.stop();
  }
});

test('a call that is under way is refused when the daemon stops', async () => {
  const other = await Daemon.start(settings(fn.url));
  let release;
  fn.delay = new Promise((resolve) => (release = resolve));
  const pending = publishHttp('allow-a', undefined, other).then((r) => r.status, () => 'cut off');
  const end = Date.now() + 10_000;
  while (fn.calls.length === 0) {
    assert.ok(Date.now() < end);
    await new Promise((resolve) => setTimeout(resolve, 10)); // polls another process
  }
  await other.stop();
  assert.ok([401, 'cut off'].includes(await pending));
  release();
  fn.delay = undefined;
});
