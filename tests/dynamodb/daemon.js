// The daemon itself under test: `dynamodb.listen`, users of the configuration, real signatures.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export const DAEMON = process.env.EVENTSD_BIN;

const allow = (action, resource = '*') => ({ Effect: 'Allow', Action: action, Resource: resource });
const reading = ['GetItem', 'Query', 'Scan', 'BatchGetItem'].map((name) => `dynamodb:${name}`);

// The users that the suites sign as; their secret is "secret".
export const USERS = [
  { accessKeyId: 'AKIDEXAMPLE', userName: 'alice', policy: [allow('dynamodb:*')] },
  { accessKeyId: 'READONLY', userName: 'READONLY', policy: reading.map((action) => allow(action)) },
  { accessKeyId: 'APPSYNC', userName: 'eve', policy: [allow('appsync:*')] },
  { accessKeyId: 'ONETABLE', userName: 'bob',
    policy: [allow('dynamodb:*', 'arn:aws:dynamodb:us-east-1:000000000000:table/mine')] },
];

// Starts a daemon in a folder of its own. `settings` replaces parts of its configuration.
export async function startDaemon(settings = {}) {
  const folder = await mkdtemp(join(tmpdir(), 'eventsd-dynamodb-'));
  const data = join(folder, 'data');
  const file = join(folder, 'eventsd.yaml');
  const log = [];
  let child;
  let ended;
  const daemon = {
    folder, file, data,
    log: () => log.join(''),
    async configure(changed) {
      const config = {
        listen: ['127.0.0.1:0'], admin: { listen: '127.0.0.1:0' }, dataDir: data, drainTimeout: '1s',
        log: { format: 'json' }, dynamodb: { listen: '127.0.0.1:0' },
        iam: { users: USERS.map((user) => ({ ...user, secretAccessKey: 'secret' })) },
        ...changed,
      };
      await writeFile(file, JSON.stringify(config, null, 1)); // JSON is YAML
    },
    async launch() {
      child = spawn(DAEMON, ['serve', '--config', file], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
      for (const stream of [child.stdout, child.stderr]) stream.on('data', (text) => log.push(text));
      ended = once(child, 'exit');
      const addresses = await Promise.race([
        waitFor(async () => JSON.parse(await readFile(join(data, 'endpoint.json'), 'utf8'))),
        ended.then(([code]) => Promise.reject(new Error(`${DAEMON} ended with ${code}:\n${log.join('')}`))),
      ]);
      Object.assign(daemon, { endpoint: addresses.dynamodb, origin: addresses.http, admin: addresses.admin });
    },
    reload: () => process.kill(child.pid, 'SIGHUP'),
    async end() {
      process.kill(child.pid, 'SIGTERM');
      const [code] = await ended;
      if (code !== 0) throw new Error(`the daemon ended with ${code}:\n${log.join('')}`);
    },
    async stop() {
      await daemon.end();
      await rm(folder, { recursive: true });
      if (log.join('').includes('secretAccessKey')) throw new Error('the log holds a secret');
    },
  };
  await daemon.configure(settings);
  await daemon.launch();
  return daemon;
}

// What `look` returns as soon as it neither fails nor returns nothing: another process decides when.
export async function waitFor(look, milliseconds = 20_000) {
  const end = Date.now() + milliseconds;
  for (;;) {
    const found = await Promise.resolve().then(look).catch(() => undefined);
    if (found) return found;
    if (Date.now() > end) throw new Error('it did not come about in time');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}
