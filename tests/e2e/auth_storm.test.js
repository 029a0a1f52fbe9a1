// A client that reconnects in a loop after a refused subscribe must not cost the daemon a core.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import fs from 'node:fs';
import { startAuth, open, pool, notAllowed, wrongCredential } from './support/auth.js';

const seconds = 6;

// What the process has used so far, in seconds of one core.
function cpuSeconds(pid) {
  const fields = fs.readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100; // utime and stime, in USER_HZ
}

for (const [what, settings] of Object.entries({
  'a namespace that does not take the mode': { channel: '/oidc-only/x', error: notAllowed },
  'a token that has expired': { channel: '/userpool-only/x', error: wrongCredential, lifetime: -600 },
})) {
  test(`a reconnect loop after a denied subscribe: ${what}`, async (t) => {
    const auth = await startAuth();
    t.after(() => auth.closeOthers());
    const { daemon, host } = auth;
    const good = { host, Authorization: auth.mint({ pool }) };
    const asked = { host, Authorization: auth.mint({ pool, lifetime: settings.lifetime ?? 3600 }) };
    let loops = 0;
    const before = cpuSeconds(daemon.process.pid);
    const started = performance.now();
    while (performance.now() - started < seconds * 1000) {
      const connection = await open(daemon, { credentials: good });
      connection.send({ type: 'connection_init' });
      assert.equal((await connection.inbox.take()).type, 'connection_ack');
      const answer = await connection.ask({ type: 'subscribe', channel: settings.channel, authorization: asked });
      assert.deepEqual(answer, { type: 'subscribe_error', errors: [settings.error] });
      connection.socket.close(1000);
      ++loops;
    }
    const wall = (performance.now() - started) / 1000;
    const share = (cpuSeconds(daemon.process.pid) - before) / wall;
    t.diagnostic(`${loops} loops in ${wall.toFixed(1)} s, ${(share * 100).toFixed(1)} % of a core`);
    assert.ok(share < 0.2, `${loops} loops took ${(share * 100).toFixed(1)} % of a core`);
    await daemon.stop();
  });
}
