// Handlers of tests/handlers through the daemon: what their cases say comes true over HTTP and over a
// WebSocket, for publishers, subscribers and everybody who must not get anything.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { Daemon } from './support/daemon.js';
import { open } from './support/auth.js';

const folder = path.resolve(import.meta.dirname, '../handlers/cases');
const files = ['arrow_bare_text', 'append_errors', 'change_events', 'deep_stop', 'errors_per_event', 'forward_function',
  'globals_only', 'hoisted_helpers', 'identity_absent', 'json_blank', 'moderation_filter', 'module_state', 'null_results', 'payload_kinds',
  'private_channels', 'strings', 'subscribe_only', 'wrong_results', 'early_return_cache'];
const namespaceOf = (name) => name.replaceAll('_', '-');
const internal = { errorType: 'HandlerExecutionError', message: 'Unable to process request' };

let daemon, credentials;

before(async () => {
  const sources = [{ name: 'nothing', type: 'NONE' }];
  const onPublish = { behavior: 'CODE', integration: { dataSourceName: 'nothing' } };
  const settings = (key) => ({
    api: {
      name: 'e2e',
      authProviders: [{ authType: 'API_KEY' }],
      connectionAuthModes: ['API_KEY'],
      defaultPublishAuthModes: ['API_KEY'],
      defaultSubscribeAuthModes: ['API_KEY'],
      apiKeys: [{ id: key, description: 'e2e' }],
      dataSources: sources,
      channelNamespaces: files.map((name) => ({
        name: namespaceOf(name),
        codeHandlers: path.join(folder, `${name}.js`),
        ...(name === 'module_state' ? { handlerConfigs: { onPublish } } : {}),
      })),
    },
  });
  daemon = await Daemon.start(settings);
  credentials = { host: new URL(daemon.origin).host, 'x-api-key': daemon.key };
});
after(() => daemon?.stop());

async function connect() {
  const connection = await open(daemon, { credentials });
  connection.send({ type: 'connection_init' });
  assert.equal((await connection.inbox.take()).type, 'connection_ack');
  return connection;
}

// The case's channel in the namespace of its handler.
function channelOf(name, { channel = '/default/room' }) {
  return ['', namespaceOf(name), ...channel.split('/').slice(2)].join('/');
}

// What a case's outcome means on the wire: who gets what, or which error.
function wireOf(given) {
  if (given.unauthorized) return { refused: { errorType: 'UnauthorizedException' }, status: 401 };
  if (given.fails) return { refused: { errorType: 'HandlerExecutionError', ...given.fails }, status: 403 };
  if (given.crashes) return { refused: internal, status: 500 };
  const returned = 'earlyReturns' in given ? given.earlyReturns : (given.returnsNothing ? null : given.returns);
  if (returned === null) return { successful: [], failed: [], events: [] };
  const entries = Array.isArray(returned) ? returned.filter((entry) => entry !== null) : [];
  const places = entries.map(({ id }) => Number(id.slice(1)) - 1);
  const known = places.every((place) => place >= 0 && place < given.events.length);
  if (!Array.isArray(returned) || !known || new Set(places).size < places.length) return { refused: internal, status: 500 };
  const sent = entries.filter(({ error }) => !error);
  return {
    successful: sent.map(({ id }) => Number(id.slice(1)) - 1),
    failed: entries.filter(({ error }) => error).map(({ id, error }) => [Number(id.slice(1)) - 1, error]),
    events: sent.map(({ payload = null }) => payload),
  };
}

function checkLists({ successful, failed }, wire) {
  assert.deepEqual(successful.map(({ index }) => index), wire.successful);
  assert.deepEqual(failed.map(({ index, message, errorMessage }) => [index, message ?? errorMessage]), wire.failed);
}
function checkRefusal(error, { refused }) {
  assert.equal(error.errorType, refused.errorType);
  // An event's id is the daemon's, where the case has e1, e2, …
  if (refused.message) assert.equal(error.message.replace(/[0-9a-f-]{36}/, 'ID'), refused.message.replace(/\be\d\b/, 'ID'));
}

async function overHttp(channel, events, wire) {
  const response = await fetch(`${daemon.origin}/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': daemon.key },
    body: JSON.stringify({ channel, events }),
  });
  const body = await response.json();
  assert.equal(response.status, wire.status ?? 200, JSON.stringify(body));
  if (wire.refused) checkRefusal(body.errors[0], wire);
  else checkLists(body, wire);
}

async function overSocket(publisher, channel, events, wire) {
  const answer = await publisher.ask({ type: 'publish', channel, events, authorization: credentials });
  assert.equal(answer.type, wire.refused ? 'publish_error' : 'publish_success', JSON.stringify(answer));
  if (wire.refused) checkRefusal(answer.errors[0], wire);
  else checkLists(answer, wire);
}

async function publishCase(name, given) {
  const channel = channelOf(name, given);
  const wire = wireOf(given);
  const events = given.events.map((payload) => JSON.stringify(payload));
  const [subscriber, publisher] = [await connect(), await connect()];
  subscriber.send({ type: 'subscribe', id: 's', channel, authorization: credentials });
  assert.equal((await subscriber.inbox.take()).type, 'subscribe_success');
  await overHttp(channel, events, wire);
  await overSocket(publisher, channel, events, wire);
  // Takes effect behind all that was sent before: nothing else may come.
  subscriber.send({ type: 'unsubscribe', id: 's' });
  const got = [];
  for (let message = await subscriber.inbox.take(); message.type === 'data'; message = await subscriber.inbox.take()) {
    got.push(...[message.event].flat().map((event) => JSON.parse(event)));
  }
  const expected = wire.events ?? [];
  assert.deepEqual(got, [...expected, ...expected]);
  subscriber.socket.close();
  publisher.socket.close();
}

async function subscribeCase(name, given) {
  const connection = await connect();
  const answer = await connection.ask({ type: 'subscribe', channel: channelOf(name, given), authorization: credentials });
  const { refused } = wireOf({ ...given, events: [], ...('returns' in given ? { returns: null } : {}) });
  assert.equal(answer.type, refused ? 'subscribe_error' : 'subscribe_success', JSON.stringify(answer));
  if (given.unauthorized) assert.equal(answer.errors[0].errorType, 'Unauthorized');
  else if (refused) checkRefusal(answer.errors[0], { refused });
  connection.socket.close();
}

for (const name of files) {
  const { cases } = JSON.parse(fs.readFileSync(path.join(folder, `${name}.json`), 'utf8'));
  // The others ask a data source that is not here, or have a caller of another mode.
  const own = cases.filter(({ identity, answer, events = [] }) => !identity && (!answer || name === 'module_state') &&
    events.length <= 5);
  test(name, async (t) => {
    assert.ok(own.length > 0);
    for (const given of own) {
      await t.test(given.it, () => (given.on === 'subscribe' ? subscribeCase : publishCase)(name, given));
    }
  });
}
