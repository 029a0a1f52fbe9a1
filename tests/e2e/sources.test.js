// Handlers and what they ask: functions (DIRECT and from code), HTTP endpoints, event buses,
// OpenSearch and PostgreSQL. Everything but the daemon is a stand-in on loopback, PostgreSQL is real.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import http from 'node:http';
import { randomUUID } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { Daemon } from './support/daemon.js';
import { open } from './support/auth.js';
import { startPostgres } from './support/postgres.js';
import { loadHandler, serveLambda } from '../auth/lambda_invoke.mjs';

const file = (name) => fileURLToPath(new URL(`./sources/${name}`, import.meta.url));
const arn = (service, rest) => `arn:aws:${service}:us-east-1:000000000000:${rest}`;

// An HTTP server that keeps what it is asked; `answer(request)` gives [status, body, headers].
async function startEndpoint(answer) {
  const state = { requests: [] };
  const server = http.createServer((incoming, response) => {
    let body = '';
    incoming.on('data', (part) => { body += part; });
    incoming.on('end', () => {
      const request = { method: incoming.method, url: incoming.url, headers: incoming.headers, body };
      state.requests.push(request);
      const [status, text, headers = {}] = answer(request);
      response.writeHead(status, headers);
      response.end(text);
    });
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.close = () => { server.close(); server.closeAllConnections(); };
  return state;
}

let daemon, direct, fn, judge, endpoint, bus, webhook, search, postgres, socket;

before(async () => {
  direct = await serveLambda(await loadHandler(file('powertools.cjs')), { name: 'direct' });
  fn = await serveLambda(
    (event) => {
      if (event.events[0].payload.fail) throw new TypeError('the function failed');
      return { channel: event.channel, count: event.events.length };
    },
    { name: 'fn' },
  );
  judge = await serveLambda(({ requestMapping, currentValue }) => {
    const text = requestMapping.attributeValues.text.S;
    if (text !== 'force') return { action: text };
    const version = { N: currentValue.version.N + 1 };
    return {
      action: 'retry',
      retryMapping: {
        attributeValues: { ...requestMapping.attributeValues, version },
        condition: { expression: 'version = :v', expressionValues: { ':v': currentValue.version } },
      },
    };
  }, { name: 'judge' });
  endpoint = await startEndpoint(({ url }) =>
    url.startsWith('/base/missing') ? [404, 'nothing'] : [201, '{"made":true}', { 'x-reply': ['a', 'b'] }]);
  bus = await startEndpoint(({ body }) => {
    const Entries = JSON.parse(body).Entries.map((entry) =>
      entry.Detail.includes('bad') ? { ErrorCode: 'InternalFailure', ErrorMessage: 'bad' } : { EventId: 'id' });
    return [200, JSON.stringify({ FailedEntryCount: 0, Entries })];
  });
  webhook = await startEndpoint(() => [204, '']);
  search = await startEndpoint(({ url }) =>
    url.startsWith('/absent/')
      ? [404, '{"error":{"reason":"no such index [absent]"}}']
      : [200, '{"hits":{"hits":[{"_id":"1"}]}}']);
  postgres = await startPostgres();
  await postgres.query('CREATE TABLE messages (id uuid PRIMARY KEY, text text, price numeric(10,2), tags jsonb)');

  const code = (name, source, operations = ['onPublish']) => ({
    name,
    codeHandlers: file(`${source}.js`),
    handlerConfigs: Object.fromEntries(
      operations.map((operation) => [operation, { behavior: 'CODE', integration: { dataSourceName: name } }])),
  });
  const ask = (invokeType) => ({
    behavior: 'DIRECT', integration: { dataSourceName: 'direct', lambdaConfig: { invokeType } },
  });
  daemon = await Daemon.start({
    lambda: { functions: { direct: { url: direct.url }, [arn('lambda', 'function:fn')]: { url: fn.url }, judge: { url: judge.url } } },
    dynamodb: { tables: [{ name: 'documents', partitionKey: 'id:S' }] },
    eventBridge: {
      [arn('events', 'event-bus/chat')]: bus.url,
      [arn('events', 'event-bus/hook')]: `webhook+${webhook.url}/in`,
    },
    openSearch: { 'https://search-chat.us-east-1.es.amazonaws.com': search.url },
    outbound: { credentials: { accessKeyId: 'AKIDSOURCES', secretAccessKey: 'a-secret-of-sources' } },
    limits: { handler: { wallTime: '5s' } },
    api: {
      name: 'sources',
      id: 'abcdefghijklmnopqrstuvwx01',
      authProviders: [{ authType: 'API_KEY' }],
      connectionAuthModes: ['API_KEY'],
      defaultPublishAuthModes: ['API_KEY'],
      defaultSubscribeAuthModes: ['API_KEY'],
      apiKeys: [{ id: 'da2-abcdefghijklmnopqrstuvwxyz' }],
      channelNamespaces: [
        { name: 'direct', handlerConfigs: { onPublish: ask('REQUEST_RESPONSE'), onSubscribe: ask('REQUEST_RESPONSE') } },
        { name: 'later', handlerConfigs: { onPublish: ask('EVENT'), onSubscribe: ask('EVENT') } },
        code('lambda', 'lambda'),
        code('http', 'http'),
        code('documents', '../../handlers/cases/ddb_custom_condition'),
        code('bus', 'eventbridge'),
        code('hook', 'eventbridge'),
        code('search', 'opensearch'),
        code('pg', 'rds', ['onPublish', 'onSubscribe']),
      ],
      dataSources: [
        { name: 'direct', type: 'AWS_LAMBDA', lambdaConfig: { lambdaFunctionArn: arn('lambda', 'function:direct') } },
        { name: 'lambda', type: 'AWS_LAMBDA', lambdaConfig: { lambdaFunctionArn: arn('lambda', 'function:fn') } },
        { name: 'http', type: 'HTTP', httpConfig: {
          endpoint: `${endpoint.url}/base/`,
          authorizationConfig: {
            authorizationType: 'AWS_IAM', awsIamConfig: { signingRegion: 'eu-west-1', signingServiceName: 'execute-api' },
          },
        } },
        { name: 'documents', type: 'AMAZON_DYNAMODB', dynamodbConfig: { tableName: 'documents', awsRegion: 'eu-west-1' } },
        { name: 'bus', type: 'AMAZON_EVENTBRIDGE', eventBridgeConfig: { eventBusArn: arn('events', 'event-bus/chat') } },
        { name: 'hook', type: 'AMAZON_EVENTBRIDGE', eventBridgeConfig: { eventBusArn: arn('events', 'event-bus/hook') } },
        { name: 'search', type: 'AMAZON_OPENSEARCH_SERVICE', openSearchServiceConfig: {
          awsRegion: 'us-east-1', endpoint: 'https://search-chat.us-east-1.es.amazonaws.com',
        } },
        { name: 'pg', type: 'RELATIONAL_DATABASE', relationalDatabaseConfig: { connectionString: postgres.connectionString } },
      ],
    },
  });
  daemon.secrets.push('never-shown-anywhere', 'a-secret-of-sources');
  daemon.key = 'da2-abcdefghijklmnopqrstuvwxyz';
  const authorization = { host: `localhost:${daemon.port}`, 'x-api-key': daemon.key };
  socket = await open(daemon, { credentials: authorization });
  socket.authorization = authorization;
});

after(async () => {
  socket?.socket.close();
  await daemon?.stop();
  await postgres?.stop();
  for (const one of [direct, fn, judge, endpoint, bus, webhook, search]) one?.close();
});

const subscribe = (channel) => socket.ask({ type: 'subscribe', channel, authorization: socket.authorization });

async function publish(channel, ...payloads) {
  const response = await fetch(`${daemon.origin}/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': daemon.key },
    body: JSON.stringify({ channel, events: payloads.map((payload) => JSON.stringify(payload)) }),
  });
  return { status: response.status, ...(await response.json()) };
}

// Publishes to a channel of its own and gives what its subscriber gets first, or the first failure.
async function through(channel, ...payloads) {
  const subscribed = await subscribe(channel);
  assert.equal(subscribed.type, 'subscribe_success', JSON.stringify(subscribed));
  const answer = await publish(channel, ...payloads);
  if (answer.failed?.length || answer.status !== 200) return answer;
  return socket.nextEvent();
}

test('DIRECT: Powertools for AWS Lambda answers publishes', async () => {
  const calls = direct.calls.length;
  await subscribe('/direct/each/a');
  const answer = await publish('/direct/each/a', { n: 1 }, { refuse: true });
  assert.equal(answer.status, 200);
  assert.equal(answer.successful.length, 1);
  assert.deepEqual(answer.failed.map(({ message }) => message), ['RangeError - no room']);
  assert.deepEqual(await socket.nextEvent(), { n: 1, seen: true });
  const event = direct.calls.at(-1);
  assert.equal(direct.calls.length, calls + 2, 'one call for the subscribe, one for both events');
  assert.deepEqual(
    Object.keys(event).sort(),
    ['error', 'events', 'identity', 'info', 'outErrors', 'prev', 'request', 'result', 'stash'],
  );
  assert.equal(event.identity, null);
  assert.deepEqual(event.info, {
    channel: { path: '/direct/each/a', segments: ['direct', 'each', 'a'] },
    channelNamespace: { name: 'direct' },
    operation: 'PUBLISH',
  });

  await subscribe('/direct/all/a');
  await publish('/direct/all/a', { n: 1 }, { drop: true }, { n: 3 });
  assert.deepEqual(await socket.nextEvent(), { n: 3 });
  assert.deepEqual(await socket.nextEvent(), { n: 1 });

  const refused = await publish('/direct/closed/a', { n: 1 });
  assert.deepEqual([refused.status, refused.errors[0].errorType], [500, 'HandlerExecutionError']);
  assert.deepEqual(await through('/direct/unknown', { n: 4 }), { n: 4 }, 'no resolver: unchanged');
});

test('DIRECT: Powertools for AWS Lambda decides on subscribes', async () => {
  assert.equal((await subscribe('/direct/free')).type, 'subscribe_success');
  assert.equal(direct.calls.at(-1).info.operation, 'SUBSCRIBE');
  assert.equal(direct.calls.at(-1).events, null);
  for (const [channel, errors] of [
    ['/direct/secret/a', [{ errorType: 'HandlerExecutionError', message: 'Unable to process request' }]],
    ['/direct/broken/a', [{ errorType: 'HandlerExecutionError', message: 'Error - broken' }]],
  ]) {
    assert.deepEqual(await subscribe(channel), { type: 'subscribe_error', errors }, channel);
  }
});

test('DIRECT with EVENT waits for nobody', async () => {
  let release;
  direct.delay = new Promise((resolve) => { release = resolve; });
  const calls = direct.calls.length;
  assert.deepEqual(await through('/later/a', { n: 1 }), { n: 1 });
  const deadline = Date.now() + 10_000;
  while (direct.calls.length < calls + 2 && Date.now() < deadline) {
    await new Promise((resolve) => setImmediate(resolve));
  }
  assert.equal(direct.calls.length, calls + 2, 'asked for the subscribe and for the publish');
  direct.delay = undefined;
  release();
});

test('Lambda from code', async () => {
  assert.deepEqual(await through('/lambda/now', { n: 1 }), { n: 1, result: { channel: '/lambda/now', count: 1 } });
  assert.deepEqual(await through('/lambda/later', { n: 1 }), { n: 1, result: null });
  const { failed } = await publish('/lambda/now', { fail: true });
  assert.equal(failed[0].message, 'Lambda:Unhandled: the function failed');
});

test('DynamoDB: a function decides about a write whose condition failed', async () => {
  const write = (text, expected) => through(`/documents/${text}`, { id: 'd1', text, expected });
  assert.deepEqual(await write('first', 0), { id: 'd1', text: 'first', version: 1 });
  assert.equal(judge.calls.length, 0);
  assert.equal((await write('reject', 7)).failed[0].message, 'someone was faster');
  assert.deepEqual(await write('discard', 7), { id: 'd1', text: 'first', version: 1 });
  assert.deepEqual(await write('force', 7), { id: 'd1', text: 'force', version: 2 });
  assert.equal((await write('gossip', 7)).failed[0].message, 'someone was faster', 'no decision is a rejection');
  assert.equal(judge.calls.length, 4);
  const { requestMapping, ...rest } = judge.calls[0];
  assert.equal(requestMapping.operation, 'PutItem');
  assert.deepEqual(rest, {
    arguments: {},
    currentValue: { id: { S: 'd1' }, text: { S: 'first' }, version: { N: 1 } },
    resolver: { tableName: 'documents', awsRegion: 'eu-west-1', parentType: 'documents', field: 'onPublish', outputType: null },
    identity: null,
  });
});

test('HTTP', async () => {
  const made = await through('/http/a', {
    method: 'POST', path: '/items', query: { q: 'a b' }, headers: { 'x-own': '1', host: 'evil.example' }, body: { z: 1, a: 2 },
  });
  assert.equal(made.statusCode, 201);
  assert.equal(made.body, '{"made":true}');
  assert.equal(made.headers['x-reply'], 'a, b');
  const request = endpoint.requests.at(-1);
  assert.equal(request.url, '/base/items?q=a%20b');
  assert.equal(request.headers['x-own'], '1');
  assert.equal(request.headers.host, new URL(endpoint.url).host);
  assert.equal(request.body, '{"z":1,"a":2}');
  assert.match(request.headers.authorization, /^AWS4-HMAC-SHA256 Credential=AKIDSOURCES\/\d{8}\/eu-west-1\/execute-api\//);
  const missing = await through('/http/b', { method: 'GET', path: '/missing' });
  assert.equal(missing.statusCode, 404);
  const requests = endpoint.requests.length;
  const refused = await publish('/http/a', { method: 'GET', path: '/../admin' });
  assert.deepEqual([refused.status, refused.errors[0].errorType], [500, 'HandlerExecutionError']);
  assert.equal(endpoint.requests.length, requests);
});

test('EventBridge, its API and a webhook', async () => {
  await subscribe('/bus/a');
  await publish('/bus/a', { n: 1 }, { bad: true });
  assert.deepEqual(await socket.nextEvent(), { n: 1, EventId: 'id' });
  assert.deepEqual(await socket.nextEvent(), { bad: true, ErrorCode: 'InternalFailure', ErrorMessage: 'bad' });
  assert.equal(bus.requests.at(-1).headers['x-amz-target'], 'AWSEvents.PutEvents');
  assert.match(bus.requests.at(-1).headers.authorization, /\/us-east-1\/events\/aws4_request/);
  const sent = JSON.parse(bus.requests.at(-1).body).Entries[0];
  assert.equal(sent.EventBusName, arn('events', 'event-bus/chat'));
  assert.equal(sent.Detail, '{"n":1}');

  const hooked = await through('/hook/a', { n: 2 });
  const delivered = JSON.parse(webhook.requests.at(-1).body);
  assert.equal(webhook.requests.at(-1).url, '/in');
  assert.equal(delivered.id, hooked.EventId);
  assert.equal(delivered['detail-type'], 'said');
  assert.deepEqual(delivered.detail, { n: 2 });
});

test('OpenSearch', async () => {
  assert.deepEqual(await through('/search/chat', { text: 'hi' }), [{ _id: '1' }]);
  assert.equal(search.requests.at(-1).url, '/chat/_search?size=1');
  assert.equal(search.requests.at(-1).body, '{"query":{"match":{"text":"hi"}}}');
  const { failed } = await publish('/search/absent', { text: 'hi' });
  assert.equal(failed[0].message, 'OpenSearch:HttpStatus404: no such index [absent]');
});

test('PostgreSQL by createPgStatement and toJsonObject', async () => {
  const id = randomUUID();
  const text = "it's; DROP TABLE messages; --";
  assert.deepEqual(await through('/pg/a', { id, text, price: 12.5, tags: ['a', 'b'] }), {
    inserted: { id, text, price: '12.50' },
    counted: { total: 1, echo: text },
  });
  assert.equal(await postgres.query(`SELECT text FROM messages WHERE id = '${id}'`), text);
  const { failed } = await publish('/pg/a', { id, text, price: 1, tags: [] });
  assert.match(failed[0].message, /^RDS:DatabaseErrorException: ERROR: duplicate key .*SQLState: 23505$/);
  assert.equal(await postgres.query('SELECT count(*) FROM messages'), '1');
});
