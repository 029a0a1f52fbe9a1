// Handlers on the tables: published over the socket, written by the handler, seen by subscribers,
// queried by customers' own code; on the embedded tables and on another daemon's.
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import { DynamoDBDocumentClient, GetCommand, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { makeClient } from './support.js';
import { DAEMON, startDaemon, waitFor } from './daemon.js';

const KEY = 'da2-abcdefghijklmnopqrstuvwxyz';

const CHAT = `
import { util } from '@aws-appsync/utils';
import * as ddb from '@aws-appsync/utils/dynamodb';
const TABLE = 'messages';
export const onPublish = {
  request(ctx) {
    const timestamp = util.time.nowISO8601();
    return ddb.batchPut({ tables: { [TABLE]: ctx.events.map(({ id, payload }, i) => ({
      channel: ctx.info.channel.path, timestamp: timestamp + '#' + i, id, ...payload })) } });
  },
  response(ctx) {
    if (ctx.error) util.error(ctx.error.message, ctx.error.type);
    return ctx.result.data[TABLE].map((item) => ({ id: item.id, payload: { text: item.text, n: item.n } }));
  },
};
export const onSubscribe = {
  request(ctx) { return ddb.get({ key: { channel: 'members', timestamp: ctx.info.channel.segments[1] } }); },
  response(ctx) { if (ctx.result === null) util.unauthorized(); return null; },
};
`;

// What each handler's single request gives comes back as the event that is published.
const ECHO = `
import { util } from '@aws-appsync/utils';
export const onPublish = {
  request(ctx) { return ctx.events[0].payload; },
  response(ctx) { return [{ id: ctx.events[0].id, payload: { result: ctx.result, error: ctx.error } }]; },
};
`;

const tables = [
  { name: 'messages', partitionKey: 'channel:S', sortKey: 'timestamp:S' },
  { name: 'things', partitionKey: 'id:S' },
];
const source = (name, tableName) => ({ name, type: 'AMAZON_DYNAMODB', dynamodbConfig: { tableName } });
const handled = (name, file, onPublish, onSubscribe) => {
  const by = (dataSourceName) => ({ behavior: 'CODE', integration: { dataSourceName } });
  return { name, codeHandlers: file,
    handlerConfigs: { onPublish: by(onPublish), ...(onSubscribe && { onSubscribe: by(onSubscribe) }) } };
};
const api = {
  authProviders: [{ authType: 'API_KEY' }],
  connectionAuthModes: ['API_KEY'], defaultPublishAuthModes: ['API_KEY'], defaultSubscribeAuthModes: ['API_KEY'],
  apiKeys: [{ id: KEY }],
  channelNamespaces: [
    handled('chat', 'chat.js', 'messages', 'messages'),
    handled('echo', 'echo.js', 'things'),
  ],
  dataSources: [source('messages', 'messages'), source('things', 'things')],
};

const run = (daemon, ...words) => spawnSync(
  DAEMON, [...words, '--url', `${daemon.origin}/event`, '--api-key', KEY], { encoding: 'utf8', timeout: 20_000 });

function subscribe(daemon, channel, count) {
  const child = spawn(DAEMON, ['subscribe', channel, '--count', String(count), '--url', `${daemon.origin}/event`, '--api-key', KEY]);
  let out = '';
  child.stdout.on('data', (text) => { out += text; });
  return {
    ready: waitFor(async () => {
      const text = await (await fetch(`${daemon.admin}/metrics`)).text();
      return Number(/^eventsd_subscriptions_active (\d+)/m.exec(text)?.[1]) > 0;
    }),
    events: once(child, 'exit').then(() => out.trim().split('\n').map((line) => JSON.parse(line))),
  };
}

async function startChat(dynamodb, more = {}) {
  const daemon = await startDaemon({ dynamodb, ...more });
  await daemon.end();
  await writeFile(join(daemon.folder, 'chat.js'), CHAT);
  await writeFile(join(daemon.folder, 'echo.js'), ECHO);
  await daemon.configure({ dynamodb, api, ...more });
  await daemon.launch();
  return daemon;
}

for (const where of ['embedded', 'elsewhere']) {
  describe(`tables that are ${where}`, () => {
    let holder; // of the tables
    let daemon;
    let documents;

    before(async () => {
      if (where === 'embedded') {
        holder = daemon = await startChat({ listen: '127.0.0.1:0', tables });
      } else {
        holder = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables } });
        daemon = await startChat({ endpoint: holder.endpoint },
          { outbound: { credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } } });
      }
      documents = DynamoDBDocumentClient.from(makeClient(holder.endpoint));
    });
    after(async () => {
      await daemon?.stop();
      if (holder !== daemon) await holder?.stop();
    });

    test('the chat: published over the socket, stored, seen, queried with the SDK', async () => {
      await documents.send(new PutCommand({ TableName: 'messages', Item: { channel: 'members', timestamp: 'room' } }));
      const subscriber = subscribe(daemon, 'chat/room', 2);
      await subscriber.ready;
      const published = run(daemon, 'publish', 'chat/room', '{"text":"one","n":1.5}', '{"text":"two","n":2}', '--ws');
      assert.equal(published.status, 0, published.stderr);
      assert.deepEqual(await subscriber.events, [{ text: 'one', n: 1.5 }, { text: 'two', n: 2 }]);
      const { Items } = await documents.send(new QueryCommand({
        TableName: 'messages', KeyConditionExpression: 'channel = :channel', Limit: 50,
        ExpressionAttributeValues: { ':channel': '/chat/room' } }));
      assert.deepEqual(Items.map((item) => item.text), ['one', 'two']);
    });

    test('a subscribe handler reads the table', () => {
      const refused = run(daemon, 'subscribe', 'chat/private', '--count', '1', '--no-reconnect');
      assert.notEqual(refused.status, 0);
      assert.match(refused.stderr, /nauthorized/);
    });

    async function ask(request) {
      const subscriber = subscribe(daemon, 'echo/x', 1);
      await subscriber.ready;
      const published = run(daemon, 'publish', 'echo/x', JSON.stringify(request));
      assert.equal(published.status, 0, published.stderr);
      return (await subscriber.events)[0];
    }

    test('results are plain JSON, errors the service\'s', async () => {
      const put = { operation: 'PutItem', key: { id: { S: 'a' } },
        attributeValues: { n: { N: 0.1 }, list: { L: [{ NULL: null }] } }, condition: { expression: 'attribute_not_exists(id)' } };
      assert.deepEqual((await ask(put)).result, { id: 'a', n: 0.1, list: [null] });
      const { Item } = await documents.send(new GetCommand({ TableName: 'things', Key: { id: 'a' } }));
      assert.deepEqual(Item, { id: 'a', n: 0.1, list: [null] });
      assert.deepEqual((await ask(put)).result, { id: 'a', n: 0.1, list: [null] }, 'it has been done already');
      put.attributeValues.n = { N: 2 };
      const failed = await ask(put);
      assert.equal(failed.result, null);
      assert.equal(failed.error.type, 'DynamoDB:ConditionalCheckFailedException');
      assert.match(failed.error.message, /^The conditional request failed \(Service: DynamoDb, Status Code: 400, Request ID: [-\w]+\)$/);
    });

    test('a cancelled transaction tells its reasons beside the error', async () => {
      const answer = await ask({ operation: 'TransactWriteItems', transactItems: [
        { table: 'things', operation: 'PutItem', key: { id: { S: 'b' } } },
        { table: 'things', operation: 'ConditionCheck', key: { id: { S: 'none' } }, condition: { expression: 'attribute_exists(id)' } },
      ] });
      assert.equal(answer.error.type, 'DynamoDB:TransactionCanceledException');
      assert.deepEqual(answer.result, { keys: null, cancellationReasons: [
        { type: 'None', message: 'None' }, { type: 'ConditionCheckFailed', message: 'The condition check failed.' }] });
    });

    test('pages go on where they ended', async () => {
      for (const id of ['p1', 'p2', 'p3']) {
        await documents.send(new PutCommand({ TableName: 'things', Item: { id } }));
      }
      const found = [];
      let nextToken;
      do {
        const { result } = await ask({ operation: 'Scan', limit: 2, nextToken });
        found.push(...result.items.map((item) => item.id));
        nextToken = result.nextToken;
      } while (nextToken);
      for (const id of ['p1', 'p2', 'p3']) assert.ok(found.includes(id), found.join());
    });
  });
}

test('an endpoint that is gone is an error of the handler, without its address', async () => {
  const holder = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables } });
  const daemon = await startChat({ endpoint: holder.endpoint },
    { outbound: { credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'secret' } } });
  await holder.stop();
  const published = run(daemon, 'publish', 'chat/room', '{"text":"one"}');
  assert.notEqual(published.status, 0);
  assert.match(published.stderr, /Unable to reach the DynamoDB endpoint/);
  assert.doesNotMatch(published.stderr, new RegExp(new URL(holder.endpoint).port));
  await daemon.stop();
});
