// The case tables of cases/: every line is at least one request of the AWS SDK.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { errorOf, makeClient, mentioned, plain, readCases, send, startServer, withBytes } from './support.js';

let server;
let client;
let requests = 0;

before(async () => {
  server = await startServer();
  client = makeClient(server.endpoint);
});
after(async () => {
  client.destroy();
  await server.stop();
  console.log(`${requests} requests`);
});

function ask(operation, input) {
  ++requests;
  return send(client, operation, input);
}

function createTable(name, key, sortType) {
  const keys = sortType ? [key, 'sk'] : [key];
  return ask('CreateTable', {
    TableName: name,
    BillingMode: 'PAY_PER_REQUEST',
    KeySchema: keys.map((AttributeName, i) => ({ AttributeName, KeyType: i === 0 ? 'HASH' : 'RANGE' })),
    AttributeDefinitions: keys.map((AttributeName, i) => ({
      AttributeName,
      AttributeType: i === 0 ? 'S' : sortType,
    })),
  });
}

function assertSubset(actual, expected, path = '') {
  for (const [name, value] of Object.entries(expected)) {
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) {
      assertSubset(actual?.[name], value, `${path}.${name}`);
    } else {
      assert.deepEqual(actual?.[name], value, `${path}.${name}`);
    }
  }
}

const sorted = (items) => items.map((item) => JSON.stringify(Object.entries(item).sort())).sort();

async function checkRequest(operation, input, expected) {
  const answer = ask(operation, input);
  if (typeof expected === 'string') {
    assert.equal(await errorOf(answer), expected);
  } else if (expected.$error) {
    const error = await answer.then(() => assert.fail('no error'), (thrown) => thrown);
    assertSubset(plain({ ...error, name: error.name, message: error.message }), expected.$error);
  } else if (expected.$subset) {
    assertSubset(await answer, expected.$subset);
  } else if (expected.$unordered) {
    const { Items: items, ...rest } = await answer;
    const { Items: expectedItems, ...expectedRest } = expected.$unordered;
    assert.deepEqual(rest, expectedRest);
    assert.deepEqual(sorted(items), sorted(expectedItems));
  } else {
    assert.deepEqual(await answer, plain(withBytes(expected)));
  }
}

test('requests', async (t) => {
  for (const [name, operation, input, expected] of readCases('requests')) {
    await t.test(name, () => checkRequest(operation, input, expected));
  }
});

test('conditions', async (t) => {
  const cases = readCases('conditions');
  await createTable('conditions', 'pk');
  await ask('PutItem', { TableName: 'conditions', Item: cases.item });
  const placeholders = (expression) => ({
    ExpressionAttributeNames: mentioned(cases.names, expression),
    ExpressionAttributeValues: mentioned(cases.values, expression),
  });
  const put = (expression) =>
    ask('PutItem', {
      TableName: 'conditions',
      Item: cases.item,
      ConditionExpression: expression,
      ...placeholders(expression),
    });
  const scan = (expression) =>
    ask('Scan', {
      TableName: 'conditions',
      Select: 'COUNT',
      FilterExpression: expression,
      ...placeholders(expression),
    });
  for (const expression of cases.true) {
    await t.test(`${expression} is true`, async () => {
      assert.deepEqual(await put(expression), {});
      assert.deepEqual(await scan(expression), { Count: 1, ScannedCount: 1 });
    });
  }
  for (const expression of cases.false) {
    await t.test(`${expression} is false`, async () => {
      const failed = 'ConditionalCheckFailedException: The conditional request failed';
      assert.equal(await errorOf(put(expression)), failed);
      assert.deepEqual(await scan(expression), { Count: 0, ScannedCount: 1 });
    });
  }
  for (const [expression, message] of Object.entries(cases.errors)) {
    await t.test(`${expression} is refused`, async () => {
      const refused = 'ValidationException: Invalid';
      assert.equal(await errorOf(put(expression)), `${refused} ConditionExpression: ${message}`);
      assert.equal(await errorOf(scan(expression)), `${refused} FilterExpression: ${message}`);
    });
  }
});

test('updates', async (t) => {
  const cases = readCases('updates');
  await createTable('updates', 'pk');
  const update = (key, expression) =>
    ask('UpdateItem', {
      TableName: 'updates',
      Key: { pk: { S: key } },
      UpdateExpression: expression,
      ExpressionAttributeNames: mentioned(cases.names, expression),
      ExpressionAttributeValues: mentioned(cases.values, expression),
      ReturnValues: 'ALL_NEW',
    });
  for (const [expression, changes] of cases.changes) {
    await t.test(expression, async () => {
      const expected = { pk: { S: expression }, ...cases.item, ...changes };
      for (const [name, value] of Object.entries(expected)) if (value === null) delete expected[name];
      await ask('PutItem', { TableName: 'updates', Item: { pk: { S: expression }, ...cases.item } });
      assert.deepEqual((await update(expression, expression)).Attributes, expected);
      const read = await ask('GetItem', { TableName: 'updates', Key: { pk: { S: expression } } });
      assert.deepEqual(read.Item, expected);
    });
  }
  const original = { pk: { S: 'errors' }, ...cases.item };
  await ask('PutItem', { TableName: 'updates', Item: original });
  for (const [expression, message] of Object.entries(cases.errors)) {
    await t.test(`${expression} is refused`, async () => {
      assert.equal(await errorOf(update('errors', expression)), `ValidationException: ${message}`);
    });
  }
  const read = await ask('GetItem', { TableName: 'updates', Key: { pk: { S: 'errors' } } });
  assert.deepEqual(read.Item, original);
});

test('queries', async (t) => {
  const cases = readCases('queries');
  const query = (table, expression, more) =>
    ask('Query', {
      TableName: table,
      KeyConditionExpression: expression,
      ExpressionAttributeValues: mentioned(cases.values, expression),
      ...more,
    });
  for (const [type, keys, table] of [
    ['N', cases.numbers, 'byNumber'],
    ['S', cases.strings, 'byString'],
  ]) {
    await createTable(table, 'pk', type);
    for (const key of [...keys].reverse()) {
      await ask('PutItem', { TableName: table, Item: { pk: { S: 'p' }, sk: { [type]: key } } });
    }
    for (const [expression, expected] of cases[table]) {
      await t.test(`${table}: ${expression}`, async () => {
        const found = (answer) => answer.Items.map((item) => item.sk[type]);
        assert.deepEqual(found(await query(table, expression)), expected);
        const backwards = await query(table, expression, { ScanIndexForward: false });
        assert.deepEqual(found(backwards), [...expected].reverse());
        // The same in pages of two.
        const paged = [];
        let start;
        do {
          const page = await query(table, expression, { Limit: 2, ExclusiveStartKey: start });
          paged.push(...found(page));
          start = page.LastEvaluatedKey;
        } while (start);
        assert.deepEqual(paged, expected);
      });
    }
  }
  for (const [expression, message] of Object.entries(cases.errors)) {
    await t.test(`${expression} is refused`, async () => {
      assert.equal(
        await errorOf(query('byNumber', expression)), `ValidationException: ${message}`);
    });
  }
});
