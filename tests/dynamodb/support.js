// The server under test and clients for it.
import { spawn } from 'node:child_process';
import { createHash, createHmac } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import * as sdk from '@aws-sdk/client-dynamodb';
import { startDaemon } from './daemon.js';

export const SERVER =
  process.env.EVENTSD_DYNAMODB_SERVER ??
  new URL('../../build/dev/tests/eventsd_dynamodb_server', import.meta.url).pathname;

// A server with empty tables in a folder of its own; stop() ends it and removes the folder. With
// EVENTSD_DYNAMODB_THROUGH=daemon it is the daemon, which checks signatures and policies.
export async function startServer() {
  if (process.env.EVENTSD_DYNAMODB_THROUGH === 'daemon') return startDaemon();
  const folder = await mkdtemp(join(tmpdir(), 'eventsd-dynamodb-'));
  const child = spawn(SERVER, [join(folder, 'dynamodb.db')], { stdio: ['pipe', 'pipe', 'inherit'] });
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const lines = createInterface({ input: child.stdout });
  const port = await Promise.race([
    new Promise((resolve) => lines.once('line', resolve)),
    ended.then((code) => Promise.reject(new Error(`${SERVER} ended with ${code}`))),
  ]);
  return {
    endpoint: `http://127.0.0.1:${port}`,
    async stop() {
      child.stdin.end();
      const code = await ended;
      await rm(folder, { recursive: true });
      if (code !== 0) throw new Error(`the server ended with ${code}`);
    },
  };
}

export function makeClient(endpoint, accessKeyId = 'AKIDEXAMPLE') {
  return new sdk.DynamoDBClient({
    endpoint,
    region: 'us-east-1',
    credentials: { accessKeyId, secretAccessKey: 'secret' },
    maxAttempts: 1,
  });
}

export const readCases = (name) =>
  JSON.parse(readFileSync(new URL(`./cases/${name}.json`, import.meta.url), 'utf8'));

// JSON has no bytes: {"B": text} and {"$bytes": text} stand for them, in base64.
export function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== 'object') return value;
  if ('$bytes' in value) return { B: Buffer.from(value.$bytes, 'base64') };
  const keys = Object.keys(value);
  if (keys.length === 1 && keys[0] === 'B' && typeof value.B === 'string') {
    return { B: Buffer.from(value.B, 'base64') };
  }
  if (keys.length === 1 && keys[0] === 'BS') {
    return { BS: value.BS.map((text) => Buffer.from(text, 'base64')) };
  }
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withBytes(member)]));
}

// An answer as the cases have it.
export function plain(value) {
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (value instanceof Date) return value.toISOString();
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== 'object') return value;
  const result = {};
  for (const [key, member] of Object.entries(value)) {
    if (key !== '$metadata' && member !== undefined) result[key] = plain(member);
  }
  return result;
}

export async function send(client, operation, input) {
  return plain(await client.send(new sdk[`${operation}Command`](withBytes(input))));
}

// "Name: message" of the error that the request ends in; "no error" when it does not.
export async function errorOf(promise) {
  try {
    await promise;
    return 'no error';
  } catch (error) {
    if (!error.$metadata) throw error;
    return `${error.name}: ${error.message}`;
  }
}

// The members of `all` that the expressions mention; absent when there are none.
export function mentioned(all, ...expressions) {
  const words = new Set(expressions.join(' ').match(/[#:][-0-9A-Za-z_]+/g) ?? []);
  const used = Object.entries(all).filter(([name]) => words.has(name));
  return used.length > 0 ? Object.fromEntries(used) : undefined;
}

// The headers of a request that is sent without the SDK, with a signature.
export function sign(endpoint, headers, body, key = 'AKIDEXAMPLE', secret = 'secret') {
  const date = new Date().toISOString().replace(/[-:]|\.\d+/g, '');
  const all = { ...headers, host: new URL(endpoint).host, 'x-amz-date': date };
  const names = Object.keys(all).sort();
  const sha256 = (text) => createHash('sha256').update(text).digest('hex');
  const hmac = (secretKey, text) => createHmac('sha256', secretKey).update(text).digest();
  const canonical = ['POST', '/', '', ...names.map((name) => `${name}:${all[name]}`), '', names.join(';'), sha256(body)];
  const scope = `${date.slice(0, 8)}/us-east-1/dynamodb/aws4_request`;
  const signingKey = scope.split('/').reduce(hmac, `AWS4${secret}`);
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical.join('\n'))].join('\n');
  const signature = hmac(signingKey, text).toString('hex');
  const { host, ...sent } = all; // fetch adds it
  return { ...sent, authorization:
    `AWS4-HMAC-SHA256 Credential=${key}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}` };
}
