// What a client costs that connects again at once after each denied subscribe (amplify-js issue
// 14947): starts a daemon, loops for some seconds and prints loops and CPU time.
//   EVENTSD_BIN=… node reconnect_storm.mjs [CLIENTS] [SECONDS]
// From tests/e2e, whose packages it uses: node ../auth/reconnect_storm.mjs
import fs from 'node:fs';
import { createRequire } from 'node:module';
import { Daemon, credentialProtocol } from '../e2e/support/daemon.js';

const require = createRequire(new URL('../e2e/package.json', import.meta.url));
const WebSocket = require('ws');
const [clients, seconds] = [Number(process.argv[2] ?? 10), Number(process.argv[3] ?? 20)];
const daemon = await Daemon.start({
  log: { level: 'warn' },
  trustedProxies: ['127.0.0.1'], // so that each client may have an address of its own
});
const end = performance.now() + seconds * 1000;
let loops = 0;

function once(address) {
  return new Promise((resolve) => {
    const authorization = { host: 'localhost', 'x-api-key': daemon.key };
    const socket = new WebSocket(
      `ws://127.0.0.1:${daemon.port}/event/realtime`,
      [credentialProtocol(authorization), 'aws-appsync-event-ws'],
      { headers: { 'x-forwarded-for': address } },
    );
    socket.on('open', () => socket.send('{"type":"connection_init"}'));
    socket.on('message', (text) => {
      const { type } = JSON.parse(text);
      if (type === 'connection_ack') {
        socket.send(
          JSON.stringify({ type: 'subscribe', id: '1', channel: '/nowhere/a', authorization }),
        );
      } else if (type === 'subscribe_error') {
        ++loops;
        socket.terminate();
      }
    });
    socket.on('close', resolve);
    socket.on('error', resolve);
  });
}
const ticks = () => {
  const fields = fs.readFileSync(`/proc/${daemon.process.pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return Number(fields[11]) + Number(fields[12]); // user and system, hundredths of a second
};
async function client(number) {
  while (performance.now() < end) await once(`203.0.113.${number}`);
}
const before = ticks();
const began = performance.now();
let settled = { loops: 0, ticks: before, at: began };
const middle = setTimeout(() => {
  settled = { loops, ticks: ticks(), at: performance.now() };
}, (seconds * 1000) / 2);
await Promise.all(Array.from({ length: clients }, (_, i) => client(i % 250)));
clearTimeout(middle);
const report = (name, from, to) => {
  const time = (to.at - from.at) / 1000;
  const cpu = (to.ticks - from.ticks) / 100;
  console.log(
    `${name}: ${(to.loops - from.loops) / time} loops/s, ${((100 * cpu) / time).toFixed(2)} % of a core, ` +
      `${((1e6 * cpu) / Math.max(1, to.loops - from.loops)).toFixed(0)} us each`,
  );
};
const last = { loops, ticks: ticks(), at: performance.now() };
report('first half', { loops: 0, ticks: before, at: began }, settled);
report('second half', settled, last);
await daemon.stop();
process.exit();
