// What is refused before a request is read.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import net from 'node:net';
import { Daemon } from './support/daemon.js';

// Everything that the server says on a connection that asks for nothing, until it ends it.
function listen(port) {
  return new Promise((resolve, reject) => {
    let text = '';
    net
      .connect(port, '127.0.0.1')
      .on('data', (data) => (text += data))
      .on('end', () => resolve(text))
      .on('error', reject);
  });
}

test('a connection over limits.maxConnections is refused in the form of every error', async () => {
  const daemon = await Daemon.start({ limits: { maxConnections: 1 } });
  const first = net.connect(daemon.port, '127.0.0.1');
  first.write('OPTIONS /event HTTP/1.1\r\nHost: a\r\n\r\n');
  await new Promise((resolve) => first.once('data', resolve)); // it has its place
  const [head, body] = (await listen(daemon.port)).split('\r\n\r\n');
  assert.match(head, /^HTTP\/1\.1 503 Service Unavailable\r\n/);
  assert.match(head, /\r\nRetry-After: 1\r\n/);
  assert.match(head, /\r\nx-amzn-errortype: ServiceUnavailableException\r\n/);
  assert.match(head, /\r\nx-amzn-requestid: [0-9a-f-]{36}(\r\n|$)/);
  assert.deepEqual(JSON.parse(body), {
    errors: [{ errorType: 'ServiceUnavailableException', message: 'Too many connections' }],
  });
  first.destroy();
  await daemon.stop();
});
