// AWS_LAMBDA: a handler file behind the Invoke API, what it is asked, and how often.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import { startAuth, open, connectAnswer, post, apiId, notAllowed, wrongCredential } from './support/auth.js';

const refused = { status: 401, type: 'UnauthorizedException', error: wrongCredential };
const granted = { status: 200, successful: 1 };

test('a Lambda authorizer', async (t) => {
  const auth = await startAuth();
  t.after(() => auth.closeOthers());
  const { daemon, lambda, host } = auth;
  // How many times the function was called meanwhile.
  const calls = async (action) => {
    const before = lambda.calls.length;
    await action();
    return lambda.calls.length - before;
  };
  const publish = (token, channel = '/lambda-only/x') => post(daemon, channel, { authorization: token });

  await t.test('the event is the documented one, for each operation', async () => {
    const token = auth.lambdaToken('allow');
    const from = lambda.calls.length;
    const authorization = { host, Authorization: token };
    const connection = await open(daemon, { credentials: authorization });
    await connection.ask({ type: 'subscribe', channel: '/lambda-only/news/*', authorization });
    await connection.ask({ type: 'publish', channel: '/lambda-only/news/x', events: ['1'], authorization });
    connection.socket.close();
    const events = lambda.calls.slice(from);
    const of = (operation, channelNamespaceName, channel) => ({
      authorizationToken: token,
      requestContext: { apiId, accountId: '000000000000', operation, channelNamespaceName, channel },
    });
    assert.deepEqual(
      events.map(({ authorizationToken, requestContext: { requestId, ...requestContext } }) => {
        assert.match(requestId, /^[0-9a-f-]{36}$/);
        return { authorizationToken, requestContext };
      }),
      [
        of('EVENT_CONNECT', null, null),
        of('EVENT_SUBSCRIBE', 'lambda-only', '/lambda-only/news/*'),
        of('EVENT_PUBLISH', 'lambda-only', '/lambda-only/news/x'),
      ],
    );
    for (const { requestHeaders } of events) {
      assert.deepEqual(Object.keys(requestHeaders), Object.keys(requestHeaders).map((name) => name.toLowerCase()));
    }
  });

  await t.test('an answer serves for the time to live, for its token, operation and channel', async () => {
    const token = auth.lambdaToken('allow');
    const count = await calls(async () => {
      for (let i = 0; i < 5; ++i) assert.deepEqual(await publish(token), granted);
    });
    assert.equal(count, 1);
    assert.equal(await calls(() => publish(token, '/lambda-only/y')), 1);
    assert.equal(await calls(() => publish(token, '/lambda-only/y')), 0);
    assert.equal(await calls(() => publish(auth.lambdaToken('allow'))), 1);
  });

  await t.test('ttlOverride 0: asked each time', async () => {
    const token = auth.lambdaToken('ttl-0');
    const count = await calls(async () => {
      for (let i = 0; i < 4; ++i) assert.deepEqual(await publish(token), granted);
    });
    assert.equal(count, 4);
  });

  await t.test('ttlOverride shortens the time to live', async () => {
    const token = auth.lambdaToken('ttl-1');
    let count = 0;
    const end = Date.now() + 20_000;
    while (count < 2 && Date.now() < end)
      count += await calls(async () => assert.deepEqual(await publish(token), granted));
    assert.equal(count, 2);
  });

  await t.test('many who ask the same at once share one call', async () => {
    const token = auth.lambdaToken('allow');
    let release;
    lambda.delay = new Promise((resolve) => (release = resolve));
    const count = await calls(async () => {
      const asked = lambda.calls.length;
      const answers = Promise.all(Array.from({ length: 20 }, () => publish(token)));
      while (lambda.calls.length === asked) await new Promise((resolve) => setImmediate(resolve));
      release();
      for (const answer of await answers) assert.deepEqual(answer, granted);
    });
    lambda.delay = undefined;
    assert.equal(count, 1);
  });

  for (const [what, token] of Object.entries({
    'a function that throws': 'throw',
    'an answer without isAuthorized': 'empty',
    'a nested handlerContext': 'nested',
    'an answer that is no object': 'garbage',
    'isAuthorized: false': 'deny',
  })) {
    await t.test(`${what} refuses`, async () => {
      assert.equal(await calls(async () => assert.deepEqual(await publish(token), refused)), 1);
      const answer = await connectAnswer(daemon, { credentials: { host, Authorization: token } });
      assert.deepEqual(answer.errors, [{ ...wrongCredential, errorCode: 401 }]);
    });
  }

  await t.test('identityValidationExpression: a token that does not fit asks nobody', async () => {
    for (const token of ['UPPER', 'a', 'with space', 'x'.repeat(61)])
      assert.equal(await calls(async () => assert.deepEqual(await publish(token), refused)), 0);
  });

  await t.test('a function may allow one operation and refuse another', async () => {
    const authorization = { host, Authorization: 'subscribe-only' };
    const connection = await open(daemon, { credentials: authorization });
    const channel = '/lambda-only/x';
    assert.equal((await connection.ask({ type: 'subscribe', channel, authorization })).type, 'subscribe_success');
    assert.deepEqual(await connection.ask({ type: 'publish', channel, events: ['1'], authorization }), {
      type: 'publish_error',
      errors: [wrongCredential],
    });
    connection.socket.close();
  });

  await t.test('a namespace of another mode refuses what the function allows', async () => {
    assert.deepEqual(await publish(auth.lambdaToken('allow'), '/iam-only/x'), {
      status: 403, type: 'UnauthorizedException', error: notAllowed,
    });
  });

  await t.test('the daemon ends cleanly and its log holds no credential', () => daemon.stop());
});
