// The control plane as AWS's own tools ask for it: signed, by a user of iam.users.
import { test, before, after } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { Daemon, makeApiKey } from './support/daemon.js';
import { run } from './support/process.js';

const script = fileURLToPath(new URL('clients/python_control_plane.py', import.meta.url));
const api = 'abcdefghijklmnopqrstuvwx02';
const secret = 'a-secret-of-the-control-plane-test';
const user = (userName, Action) => ({
  userName,
  accessKeyId: `AKID${userName.toUpperCase()}`,
  secretAccessKey: secret,
  policy: [{ Effect: 'Allow', Action, Resource: '*' }],
});
let daemon;

before(async () => {
  daemon = await Daemon.start({
    api: {
      id: api,
      name: 'keys',
      authProviders: [{ authType: 'API_KEY' }],
      connectionAuthModes: ['API_KEY'],
      defaultPublishAuthModes: ['API_KEY'],
      defaultSubscribeAuthModes: ['API_KEY'],
      apiKeys: [{ id: makeApiKey() }],
      channelNamespaces: [{ name: 'default' }],
    },
    iam: { users: [user('keeper', ['appsync:*ApiKey*', 'appsync:ListDataSources']), user('talker', 'appsync:Event*')] },
  });
  daemon.secrets.push(secret);
});

after(() => daemon.stop());

async function ask(userName) {
  const { code, stdout, stderr } = await run('/usr/bin/python3', [script, daemon.admin, api], {
    env: {
      ...process.env,
      AWS_ACCESS_KEY_ID: `AKID${userName.toUpperCase()}`,
      AWS_SECRET_ACCESS_KEY: secret,
      AWS_CONFIG_FILE: '/dev/null',
      AWS_EC2_METADATA_DISABLED: 'true',
    },
  });
  assert.equal(code, 0, stderr);
  return JSON.parse(stdout);
}

test('a user whose policy allows it makes, lists, changes and deletes API keys', async () => {
  const answers = await ask('keeper');
  assert.match(answers.create.apiKey.id, /^da2-[a-z0-9]{26}$/);
  daemon.secrets.push(answers.create.apiKey.id);
  assert.ok(answers.list.apiKeys.some((key) => key.id === answers.create.apiKey.id));
  assert.equal(answers.update.apiKey.description, 'changed');
  assert.deepEqual(answers.delete, {});
});

test('what is not there says so, in a form that the tools show', async () => {
  const { absent } = await ask('keeper');
  assert.equal(absent.code, 'NotImplementedException');
  assert.match(absent.message, /ListDataSources is not available here.*configuration file/);
});

test('the right to publish and subscribe opens nothing', async () => {
  const answers = await ask('talker');
  for (const step of ['create', 'list', 'absent']) {
    assert.equal(answers[step].code, 'AccessDeniedException', step);
    assert.match(answers[step].message, /user\/talker is not authorized to perform: appsync:/);
  }
});

test('what the file defines is shown, and changed only there', async () => {
  const token = fs.readFileSync(path.join(daemon.data, 'admin-token'), 'utf8').trim();
  daemon.secrets.push(token);
  const call = async (method, where) => {
    const headers = { authorization: `Bearer ${token}` };
    const response = await fetch(`${daemon.admin}/v2/apis${where}`, { method, headers });
    return { status: response.status, type: response.headers.get('x-amzn-errortype'), ...(await response.json()) };
  };
  const { api: shown } = await call('GET', `/${api}`);
  assert.equal(shown.dns.HTTP, `localhost:${daemon.port}`);
  assert.deepEqual(shown.eventConfig.connectionAuthModes, [{ authType: 'API_KEY' }]);
  const refused = await call('DELETE', `/${api}/channelNamespaces/default`);
  assert.equal(refused.status, 409);
  assert.equal(refused.type, 'ConflictException');
  assert.match(refused.message, /^Channel namespace default is defined in .*eventsd\.yaml:\d+; change it there/);
});
