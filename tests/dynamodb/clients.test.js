// What customers' code does: the document client, paginators, waiters, permissions, raw HTTP.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  CreateTableCommand, DynamoDBClient, ListTablesCommand, paginateScan, waitUntilTableExists,
  waitUntilTableNotExists, DeleteTableCommand,
} from '@aws-sdk/client-dynamodb';
import {
  BatchGetCommand, BatchWriteCommand, DeleteCommand, DynamoDBDocumentClient, GetCommand, NumberValue,
  paginateQuery, PutCommand, QueryCommand, TransactGetCommand, TransactWriteCommand, UpdateCommand,
} from '@aws-sdk/lib-dynamodb';
import { errorOf, makeClient, sign, startServer } from './support.js';

let server;
let client;
let documents;
const table = 'documents';

before(async () => {
  server = await startServer();
  client = makeClient(server.endpoint);
  documents = DynamoDBDocumentClient.from(client, { marshallOptions: { removeUndefinedValues: true } });
  await client.send(
    new CreateTableCommand({
      TableName: table,
      BillingMode: 'PAY_PER_REQUEST',
      KeySchema: [
        { AttributeName: 'channel', KeyType: 'HASH' },
        { AttributeName: 'timestamp', KeyType: 'RANGE' },
      ],
      AttributeDefinitions: [
        { AttributeName: 'channel', AttributeType: 'S' },
        { AttributeName: 'timestamp', AttributeType: 'N' },
      ],
    }),
  );
  await waitUntilTableExists({ client, maxWaitTime: 30 }, { TableName: table });
});
after(async () => {
  client.destroy();
  await server.stop();
});

test('documents come back as they were written', async () => {
  const item = {
    channel: 'types', timestamp: 1, text: 'é "quoted" \\ \u0001 😀', empty: '', flag: false, nothing: null,
    list: [1, 'two', [3], {}], map: { deep: { deeper: [{ a: 1 }] } }, tags: new Set(['a', 'b']),
    scores: new Set([1, 2.5]), bytes: new Uint8Array([0, 1, 255]), tiny: 1e-100, large: 123456789012345,
  };
  await documents.send(new PutCommand({ TableName: table, Item: item }));
  const { Item } = await documents.send(
    new GetCommand({ TableName: table, Key: { channel: 'types', timestamp: 1 } }));
  assert.deepEqual({ ...Item, bytes: new Uint8Array(Item.bytes) }, item);
});

test('numbers keep all their digits', async () => {
  const digits = '12345678901234567890.123456789012345678';
  const exact = DynamoDBDocumentClient.from(makeClient(server.endpoint), { unmarshallOptions: { wrapNumbers: true } });
  const Key = { channel: 'exact', timestamp: 1 };
  await exact.send(new PutCommand({ TableName: table, Item: { ...Key, n: NumberValue.from(digits) } }));
  await exact.send(
    new UpdateCommand({
      TableName: table, Key, UpdateExpression: 'SET n = n + :one', ExpressionAttributeValues: { ':one': 1 },
    }));
  const { Item } = await exact.send(new GetCommand({ TableName: table, Key }));
  assert.equal(Item.n.value, '12345678901234567891.123456789012345678');
});

test('the paginator reads a channel of many pages', async () => {
  for (let batch = 0; batch < 8; ++batch) {
    const requests = Array.from({ length: 25 }, (_, i) => ({
      PutRequest: { Item: { channel: 'many', timestamp: batch * 25 + i, body: 'x'.repeat(20_000) } },
    }));
    const { UnprocessedItems } =
      await documents.send(new BatchWriteCommand({ RequestItems: { [table]: requests } }));
    assert.deepEqual(UnprocessedItems, {});
  }
  const found = [];
  let pages = 0;
  const input = {
    TableName: table, KeyConditionExpression: 'channel = :channel',
    ExpressionAttributeValues: { ':channel': 'many' },
  };
  for await (const page of paginateQuery({ client: documents }, { ...input })) {
    found.push(...page.Items.map((item) => item.timestamp));
    ++pages;
  }
  assert.deepEqual(found, Array.from({ length: 200 }, (_, i) => i));
  assert.equal(pages, 4);  // 4 MB in pages of 1 MB
  let scanned = 0;
  for (let Segment = 0; Segment < 3; ++Segment) {
    const scan = { TableName: table, Segment, TotalSegments: 3, Select: 'COUNT' };
    for await (const page of paginateScan({ client, pageSize: 17 }, scan)) scanned += page.Count;
  }
  assert.equal(scanned, 202);
  const latest = await documents.send(new QueryCommand({ ...input, Limit: 2, ScanIndexForward: false }));
  assert.deepEqual(latest.Items.map((item) => item.timestamp), [199, 198]);
});

test('a batch reads what fits and names the rest', async () => {
  const Keys = Array.from({ length: 100 }, (_, timestamp) => ({ channel: 'many', timestamp }));
  const { Responses, UnprocessedKeys } =
    await documents.send(new BatchGetCommand({ RequestItems: { [table]: { Keys } } }));
  assert.equal(Responses[table].length, 100);
  assert.deepEqual(UnprocessedKeys, {});
  const tooMany = [...Keys, { channel: 'many', timestamp: 100 }];
  assert.equal(
    await errorOf(documents.send(new BatchGetCommand({ RequestItems: { [table]: { Keys: tooMany } } }))),
    'ValidationException: Too many items requested for the BatchGetItem call');
  const writes = Array.from({ length: 26 }, (_, timestamp) => ({ DeleteRequest: { Key: { channel: 'x', timestamp } } }));
  assert.equal(
    await errorOf(documents.send(new BatchWriteCommand({ RequestItems: { [table]: writes } }))),
    'ValidationException: Too many items requested for the BatchWriteItem call');
});

test('an item may have 400 KB and no more', async () => {
  const item = (bytes) => ({ channel: 'large', timestamp: 1, body: 'x'.repeat(bytes) });
  const names = 'channel'.length + 'large'.length + 'timestamp'.length + 2 + 'body'.length;
  await documents.send(new PutCommand({ TableName: table, Item: item(400 * 1024 - names) }));
  assert.equal(
    await errorOf(documents.send(new PutCommand({ TableName: table, Item: item(400 * 1024 - names + 1) }))),
    'ValidationException: Item size has exceeded the maximum allowed size');
  assert.equal(
    await errorOf(documents.send(new UpdateCommand({
      TableName: table, Key: { channel: 'large', timestamp: 1 }, UpdateExpression: 'SET more = :m',
      ExpressionAttributeValues: { ':m': 'x' } }))),
    'ValidationException: Item size to update has exceeded the maximum allowed size');
});

test('counters count under concurrency', async () => {
  const Key = { channel: 'counter', timestamp: 0 };
  await Promise.all(
    Array.from({ length: 100 }, () =>
      documents.send(new UpdateCommand({
        TableName: table, Key, UpdateExpression: 'ADD hits :one', ExpressionAttributeValues: { ':one': 1 },
      }))));
  const { Item } = await documents.send(new GetCommand({ TableName: table, Key, ConsistentRead: true }));
  assert.equal(Item.hits, 100);
});

test('of many conditional puts one wins', async () => {
  const results = await Promise.all(
    Array.from({ length: 20 }, (_, writer) =>
      errorOf(documents.send(new PutCommand({
        TableName: table, Item: { channel: 'race', timestamp: 0, writer },
        ConditionExpression: 'attribute_not_exists(channel)',
      })))));
  assert.equal(results.filter((result) => result === 'no error').length, 1);
  assert.equal(results.filter((result) => result.startsWith('ConditionalCheckFailedException')).length, 19);
});

test('transfers keep the sum', async () => {
  const account = (name) => ({ channel: 'bank', timestamp: name });
  const names = [1, 2, 3, 4];
  await documents.send(new TransactWriteCommand({
    TransactItems: names.map((name) => ({ Put: { TableName: table, Item: { ...account(name), money: 10 } } })),
  }));
  const transfer = (from, to) => documents.send(new TransactWriteCommand({
    TransactItems: [
      { Update: { TableName: table, Key: account(from), UpdateExpression: 'SET money = money - :m',
        ConditionExpression: 'money >= :m', ExpressionAttributeValues: { ':m': 4 } } },
      { Update: { TableName: table, Key: account(to), UpdateExpression: 'SET money = money + :m',
        ExpressionAttributeValues: { ':m': 4 } } },
    ],
  }));
  const results = await Promise.all(
    Array.from({ length: 40 }, (_, i) => errorOf(transfer(names[i % 4], names[(i * 3 + 1) % 4]))));
  assert.ok(results.includes('no error'));
  const { Responses } = await documents.send(new TransactGetCommand({
    TransactItems: names.map((name) => ({ Get: { TableName: table, Key: account(name) } })),
  }));
  const money = Responses.map((response) => response.Item.money);
  assert.equal(money.reduce((sum, one) => sum + one), 40);
  assert.ok(money.every((one) => one >= 0));
});

test('one may read and not write', async () => {
  const reader = DynamoDBDocumentClient.from(makeClient(server.endpoint, 'READONLY'));
  const Key = { channel: 'types', timestamp: 1 };
  assert.ok((await reader.send(new GetCommand({ TableName: table, Key }))).Item);
  const arn = 'arn:aws:dynamodb:us-east-1:000000000000:table/documents';
  assert.equal(
    await errorOf(reader.send(new DeleteCommand({ TableName: table, Key }))),
    'AccessDeniedException: User: arn:aws:iam::000000000000:user/READONLY is not authorized to perform: ' +
      `dynamodb:DeleteItem on resource: ${arn}`);
  assert.ok((await reader.send(new GetCommand({ TableName: table, Key }))).Item);
  const nobody = makeClient(server.endpoint, 'UNKNOWN');
  assert.equal(
    await errorOf(nobody.send(new ListTablesCommand({}))),
    'UnrecognizedClientException: The security token included in the request is invalid.');
});

test('AWS_ENDPOINT_URL_DYNAMODB is all that customers set', async () => {
  process.env.AWS_ENDPOINT_URL_DYNAMODB = server.endpoint;
  process.env.AWS_REGION = 'us-east-1';
  process.env.AWS_ACCESS_KEY_ID = 'AKIDEXAMPLE';
  process.env.AWS_SECRET_ACCESS_KEY = 'secret';
  const customers = new DynamoDBClient({});
  const { TableNames } = await customers.send(new ListTablesCommand({}));
  assert.deepEqual(TableNames, [table]);
});

function crc32(bytes) {
  let crc = -1;
  for (const byte of bytes) {
    crc ^= byte;
    for (let bit = 0; bit < 8; ++bit) crc = (crc >>> 1) ^ (crc & 1 ? 0xedb88320 : 0);
  }
  return ~crc >>> 0;
}

const raw = (headers, body, method = 'POST') => fetch(server.endpoint, { method, headers, body });
const target = (operation) => ({ 'x-amz-target': `DynamoDB_20120810.${operation}` });
const rawSigned = (headers, body) => raw(sign(server.endpoint, headers, body), body);

test('answers have the headers of the service', async () => {
  const response = await rawSigned(target('ListTables'), '{}');
  const body = Buffer.from(await response.arrayBuffer());
  assert.equal(response.status, 200);
  assert.equal(response.headers.get('content-type'), 'application/x-amz-json-1.0');
  assert.match(response.headers.get('x-amzn-requestid'), /^[-0-9A-Za-z]+$/);
  assert.equal(response.headers.get('x-amz-crc32'), String(crc32(body)));
});

test('errors have the form of the service', async () => {
  const cases = [
    [target('GetItem'), '{"TableName":"nothing","Key":{"a":{"S":"b"}}}', 'com.amazonaws.dynamodb.v20120810#ResourceNotFoundException'],
    [target('GetItem'), '{"TableName":', 'com.amazon.coral.service#SerializationException'],
    [target('GetItem'), '{"TableName":"documents","Key":{"channel":{"S":1}}}', 'com.amazon.coral.service#SerializationException'],
    [target('Nothing'), '{}', 'com.amazon.coral.service#UnknownOperationException'],
    [{ 'x-amz-target': 'Other.GetItem' }, '{}', 'com.amazon.coral.service#UnknownOperationException'],
    [target('ListTables'), '{}', 'com.amazon.coral.service#MissingAuthenticationTokenException', raw],
  ];
  for (const [headers, body, type, send = rawSigned] of cases) {
    const response = await send(headers, body);
    assert.equal(response.status, 400);
    const error = await response.json();
    assert.equal(error.__type, type);
    assert.equal(typeof error.message, 'string');
  }
  assert.equal((await raw({}, undefined, 'GET')).status, 200);
});

test('tables go when they are deleted', async () => {
  await client.send(new DeleteTableCommand({ TableName: table }));
  await waitUntilTableNotExists({ client, maxWaitTime: 30 }, { TableName: table });
  const { TableNames } = await client.send(new ListTablesCommand({}));
  assert.deepEqual(TableNames, []);
});
