// What only the daemon has: signatures, policies, tables of its configuration, reload, readiness.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { spawnSync } from 'node:child_process';
import { after, before, test } from 'node:test';
import { DynamoDBClient, DescribeTableCommand, ListTablesCommand } from '@aws-sdk/client-dynamodb';
import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
import { errorOf, makeClient } from './support.js';
import { DAEMON, startDaemon, waitFor } from './daemon.js';

const table = { name: 'messages', partitionKey: 'channel:S', sortKey: 'timestamp:S', ttlAttribute: 'expireAt' };
let daemon;

before(async () => {
  daemon = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables: [table] } });
});
after(() => daemon.stop());

const as = (accessKeyId, secretAccessKey = 'secret', more = {}) =>
  new DynamoDBClient({
    endpoint: daemon.endpoint, region: 'us-east-1', maxAttempts: 1,
    credentials: { accessKeyId, secretAccessKey }, ...more,
  });
const list = (client) => errorOf(client.send(new ListTablesCommand({})));

test('a client that knows only AWS_ENDPOINT_URL_DYNAMODB writes and queries', () => {
  const script = `
    import { DynamoDBClient } from '@aws-sdk/client-dynamodb';
    import { DynamoDBDocumentClient, PutCommand, QueryCommand } from '@aws-sdk/lib-dynamodb';
    const documents = DynamoDBDocumentClient.from(new DynamoDBClient({}));
    for (const n of [1, 2, 3]) {
      await documents.send(new PutCommand({ TableName: 'messages',
        Item: { channel: 'serverlesschat/hello', timestamp: '2026-01-0' + n, n } }));
    }
    const { Items } = await documents.send(new QueryCommand({
      TableName: 'messages', KeyConditionExpression: 'channel = :channel', Limit: 2,
      ExpressionAttributeValues: { ':channel': 'serverlesschat/hello' } }));
    console.log(JSON.stringify(Items.map((item) => item.n)));`;
  const run = spawnSync(process.execPath, ['--input-type=module', '-e', script], {
    cwd: import.meta.dirname ?? new URL('.', import.meta.url).pathname, encoding: 'utf8',
    env: { PATH: process.env.PATH, AWS_REGION: 'us-east-1', AWS_ACCESS_KEY_ID: 'AKIDEXAMPLE',
           AWS_SECRET_ACCESS_KEY: 'secret', AWS_ENDPOINT_URL_DYNAMODB: daemon.endpoint },
  });
  assert.equal(run.stdout, '[1,2]\n', run.stderr);
});

test('tables of the configuration are there with key and time to live', async () => {
  const { Table } = await as('AKIDEXAMPLE').send(new DescribeTableCommand({ TableName: 'messages' }));
  assert.deepEqual(Table.KeySchema.map((key) => key.AttributeName), ['channel', 'timestamp']);
  assert.equal(Table.TableArn, 'arn:aws:dynamodb:us-east-1:000000000000:table/messages');
});

test('who signs wrongly is refused by name', async () => {
  assert.equal(await list(as('AKIDEXAMPLE')), 'no error');
  assert.match(await list(as('AKIDEXAMPLE', 'wrong')), /^InvalidSignatureException: The request signature we calculated does not match/);
  assert.equal(await list(as('UNKNOWN')), 'UnrecognizedClientException: The security token included in the request is invalid.');
  assert.match(await list(as('AKIDEXAMPLE', 'secret', { region: 'eu-west-1' })), /^InvalidSignatureException: Credential should be scoped to a valid region/);
  assert.match(await list(as('AKIDEXAMPLE', 'secret', { systemClockOffset: -3600_000 })), /^InvalidSignatureException: Signature expired/);
});

test('requests without a whole signature are refused by name', async () => {
  const post = async (headers) => {
    const answer = await fetch(daemon.endpoint, {
      method: 'POST', body: '{}',
      headers: { 'content-type': 'application/x-amz-json-1.0', 'x-amz-target': 'DynamoDB_20120810.ListTables', ...headers },
    });
    assert.equal(answer.status, 400);
    return (await answer.json()).__type.replace(/^.*#/, '');
  };
  assert.equal(await post({}), 'MissingAuthenticationTokenException');
  assert.equal(await post({ authorization: 'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE' }), 'IncompleteSignatureException');
});

test('a body that was changed on its way is refused', async () => {
  const client = as('AKIDEXAMPLE');
  client.middlewareStack.add((next) => (args) => {
    args.request.body = args.request.body.replace('{', '{ ');
    return next(args);
  }, { step: 'finalizeRequest', priority: 'low' });
  assert.match(await list(client), /^InvalidSignatureException/);
});

test('the policy must allow the operation on the table', async () => {
  assert.equal(await list(as('APPSYNC')),
    'AccessDeniedException: User: arn:aws:iam::000000000000:user/eve is not authorized to perform: dynamodb:ListTables on resource: *');
  const put = (key, name) => errorOf(DynamoDBDocumentClient.from(as(key)).send(
    new PutCommand({ TableName: name, Item: { channel: 'policy', timestamp: '1' } })));
  assert.match(await put('READONLY', 'messages'), /dynamodb:PutItem on resource: arn:aws:dynamodb:us-east-1:000000000000:table\/messages$/);
  assert.match(await put('ONETABLE', 'messages'), /^AccessDeniedException/);
  assert.equal(await put('ONETABLE', 'mine'), 'ResourceNotFoundException: Requested resource not found');
});

test('the API is not on the public port', async () => {
  const answer = await fetch(daemon.origin, {
    method: 'POST', body: '{}', headers: { 'x-amz-target': 'DynamoDB_20120810.ListTables' } });
  assert.notEqual(answer.headers.get('content-type'), 'application/x-amz-json-1.0');
  assert.notEqual(answer.status, 200);
});

test('metrics count operations, errors and time', async () => {
  await list(as('AKIDEXAMPLE'));
  const text = await (await fetch(`${daemon.admin}/metrics`)).text();
  assert.match(text, /^eventsd_dynamodb_requests_total\{operation="ListTables"\} [1-9]/m);
  assert.match(text, /^eventsd_dynamodb_errors_total\{operation="PutItem"\} [1-9]/m);
  assert.match(text, /^eventsd_dynamodb_request_duration_seconds_count\{kind="write"\} [1-9]/m);
});

test('a reload makes new tables, and keeps all when one does not fit', async () => {
  const own = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables: [table] } });
  try {
    const client = makeClient(own.endpoint);
    const names = async () => (await client.send(new ListTablesCommand({}))).TableNames;
    const more = { ...table, name: 'more' };
    await own.configure({ dynamodb: { listen: '127.0.0.1:0', tables: [table, more] } });
    own.reload();
    await waitFor(async () => (await names()).includes('more'));
    await own.configure({
      dynamodb: { listen: '127.0.0.1:0', tables: [{ ...table, name: 'third' }, { ...table, partitionKey: 'other:S' }] } });
    own.reload();
    const line = await waitFor(() => own.log().match(/.*exists with another key.*/)?.[0]);
    assert.match(line, /eventsd\.yaml:\d+:\d+: dynamodb\.tables: table/);
    assert.deepEqual(await names(), ['messages', 'more']);
    client.destroy();
  } finally {
    await own.stop();
  }
});

test('a table that does not fit, and an address in use, end the start with a message', async () => {
  const own = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables: [table] } });
  await own.end();
  const start = async (dynamodb) => {
    await own.configure({ dynamodb });
    const run = spawnSync(DAEMON, ['serve', '--config', own.file], { encoding: 'utf8', timeout: 20_000 });
    return `${run.status} ${run.stdout}${run.stderr}`;
  };
  assert.match(await start({ listen: '127.0.0.1:0', tables: [{ ...table, sortKey: 'other:S' }] }),
    /^1 [^]*eventsd\.yaml:\d+:\d+: dynamodb\.tables: table [^]*exists with another key/);
  assert.match(await start({ listen: new URL(daemon.endpoint).host, tables: [table] }),
    /^1 [^]*dynamodb\.listen: [^]*127\.0\.0\.1/);
  assert.match(await start({ tables: [{ ...table, partitionKey: 'channel' }] }), /^2 [^]*partitionKey/);
  await own.configure({ dynamodb: { listen: '127.0.0.1:0', tables: [table] } });
  await own.launch();
  await own.stop();
});

test('a damaged file makes the daemon not ready, says so, and leaves the rest running', async () => {
  const own = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables: [table] } });
  await own.end();
  await writeFile(join(own.data, 'dynamodb.db'), 'not a database, by far not a database'.repeat(200));
  await own.launch();
  const ready = await fetch(`${own.admin}/health/ready`);
  assert.equal(ready.status, 503);
  assert.match(await ready.text(), /dynamodb: /);
  assert.equal((await fetch(`${own.admin}/health/live`)).status, 200);
  const client = makeClient(own.endpoint);
  assert.match(await errorOf(client.send(new ListTablesCommand({}))), /^InternalServerError/);
  client.destroy();
  await own.stop();
});

test('tables and page tokens outlive a restart', async () => {
  const own = await startDaemon({ dynamodb: { listen: '127.0.0.1:0', tables: [table] } });
  const documents = () => DynamoDBDocumentClient.from(makeClient(own.endpoint));
  await documents().send(new PutCommand({ TableName: 'messages', Item: { channel: 'a', timestamp: '1', n: 1 } }));
  await own.end();
  await own.launch();
  const { Items } = await documents().send(new QueryCommand({
    TableName: 'messages', KeyConditionExpression: 'channel = :c', ExpressionAttributeValues: { ':c': 'a' } }));
  assert.deepEqual(Items, [{ channel: 'a', timestamp: '1', n: 1 }]);
  await own.stop();
});
