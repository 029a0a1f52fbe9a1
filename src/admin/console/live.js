// What is going on right now.
import { ask, poll } from './api.js';
import { byId, bytes, dayAndClock, duration, h, number, rate, show, svg, table } from './dom.js';
import { Log } from './log.js';
import { modeNames } from './credentials.js';

const points = 60;
const tiles = [
  {
    name: 'Connections',
    value: (now) => now.totals.connections,
    write: number,
    note: (now) => `${number(now.totals.subscriptions)} subscriptions`,
  },
  {
    name: 'Published',
    per: 'eventsAccepted',
    unit: 'events/s',
    note: (now, r) => `${rate(r('publishErrors'))} errors/s`,
  },
  {
    name: 'Delivered',
    per: 'eventsDelivered',
    unit: 'events/s',
    note: (now, r) => `${bytes(Math.round(r('bytesSent')))}/s sent`,
  },
  {
    name: 'Received',
    per: 'bytesReceived',
    bytes: true,
    unit: '/s',
    note: (now, r) => `${rate(r('httpRequests'))} requests/s`,
  },
  {
    name: 'Unsent',
    value: (now) => now.totals.queuedBytes,
    write: bytes,
    note: (now) => `${number(now.totals.slowClosed)} slow consumers closed`,
  },
  {
    name: 'To be stored',
    value: (now) => now.storageQueueBytes,
    write: bytes,
    note: () => 'waiting for the disk',
  },
];
const past = tiles.map(() => []);
let before;

function sparkline(values) {
  const most = Math.max(...values, 1e-9);
  const step = 100 / (points - 1);
  const offset = 100 - (values.length - 1) * step;
  const path = values
    .map(
      (value, i) =>
        `${i ? 'L' : 'M'}${(offset + i * step).toFixed(1)} ${(23 - (value / most) * 21).toFixed(1)}`,
    )
    .join('');
  const area = values.length > 1 ? `${path}L100 24L${offset.toFixed(1)} 24Z` : '';
  return svg(
    'svg',
    { viewBox: '0 0 100 24', preserveAspectRatio: 'none', 'aria-hidden': 'true', class: 'spark' },
    svg('path', { d: area, class: 'area' }),
    svg('path', { d: path, class: 'line', 'vector-effect': 'non-scaling-stroke' }),
  );
}

function showTiles(now) {
  const seconds = before ? Math.max((now.time - before.time) / 1000, 0.1) : 0;
  // A daemon that was started anew counts from 0.
  const per = (name) =>
    seconds ? Math.max(0, now.totals[name] - before.totals[name]) / seconds : 0;
  byId('tiles').replaceChildren(
    ...tiles.map((tile, i) => {
      const value = tile.per ? per(tile.per) : tile.value(now);
      past[i].push(value);
      if (past[i].length > points) past[i].shift();
      let text = tile.write
        ? tile.write(value)
        : tile.bytes
          ? bytes(Math.round(value))
          : rate(value);
      if (tile.per && !seconds) text = '…';
      return h(
        'div',
        { class: 'tile card' },
        h('span', { class: 'name' }, tile.name),
        h(
          'span',
          { class: 'value' },
          text,
          tile.unit ? h('small', {}, tile.bytes ? tile.unit : ` ${tile.unit}`) : '',
        ),
        sparkline(past[i]),
        h('span', { class: 'note' }, tile.note(now, per)),
      );
    }),
  );
  before = now;
}

function showChannels(now) {
  const most = Math.max(...now.channels.map((row) => row.eventsPerSecond), 1e-9);
  const more = now.uncountedEvents
    ? `, ${number(now.uncountedEvents)} events of further channels are not counted`
    : '';
  byId('channels-count').textContent = now.topics
    ? `${number(now.topics)} subscribed to${more}`
    : '';
  table(
    byId('channels-table'),
    [
      ['Channel', 'mono grow'],
      ['Events/s', 'number'],
      ['', 'bar wide'],
      ['Bytes/s', 'number wide'],
      ['Subscribers', 'number'],
    ],
    now.channels.map((row) => [
      row.channel,
      // Nothing is published to a wildcard: its events count for their channels.
      ...(row.channel.endsWith('/*')
        ? ['', '', '']
        : [
            rate(row.eventsPerSecond),
            h('meter', { min: 0, max: most, value: row.eventsPerSecond, 'aria-hidden': 'true' }),
            bytes(Math.round(row.bytesPerSecond)),
          ]),
      number(row.subscribers),
    ]),
    [
      'No channel',
      'A channel appears with its first subscriber, or when something is published to it.',
    ],
  );
}

function showConnections(now) {
  const shown = now.connections.length;
  byId('connections-count').textContent =
    now.matching > shown
      ? `${number(shown)} of ${number(now.matching)}`
      : shown
        ? number(shown)
        : '';
  table(
    byId('connections-table'),
    [
      ['Address', 'mono'],
      ['Request id', 'mono wide'],
      ['Mode', 'wide'],
      ['Age', 'number'],
      ['Channels', 'mono grow'],
      ['Unsent', 'number'],
      ['', 'action'],
    ],
    now.connections.map((row) => [
      h('span', {}, row.sourceIp, row.tls ? h('span', { class: 'tag' }, 'TLS') : ''),
      h('span', { title: row.requestId }, row.requestId.slice(0, 8)),
      row.mode ? (modeNames[row.mode] ?? row.mode) : 'connecting',
      duration(row.ageSeconds),
      row.channels.join('  ') +
        (row.subscriptions > row.channels.length
          ? `  and ${number(row.subscriptions - row.channels.length)} more`
          : ''),
      bytes(row.queuedBytes),
      h(
        'button',
        {
          type: 'button',
          class: 'quiet small',
          'data-key': row.requestId,
          'aria-label': `Frames of ${row.sourceIp} ${row.requestId.slice(0, 8)}`,
          onclick: () => watch(row),
        },
        'Frames',
      ),
    ]),
    byId('connections-filter').value
      ? ['None', 'No connection matches the filter.']
      : ['No connection', 'WebSocket connections are listed here.'],
  );
}

function showSlow(now) {
  table(
    byId('slow-table'),
    [
      ['Time', 'mono'],
      ['Address', 'mono'],
      ['Request id', 'mono wide'],
      ['Unsent', 'number'],
    ],
    now.slow.map((row) => [
      dayAndClock(row.time).replace(/\.\d+$/, ''),
      row.sourceIp,
      h('span', { title: row.requestId }, row.requestId.slice(0, 8)),
      bytes(row.queuedBytes),
    ]),
    ['None', 'Every consumer has kept up since the start.'],
  );
}

async function look() {
  const query = new URLSearchParams({
    order: byId('connections-order').value,
    filter: byId('connections-filter').value.trim(),
  });
  const now = await ask(`console/api/live?${query}`);
  showTiles(now);
  showChannels(now);
  showConnections(now);
  showSlow(now);
  return now;
}

// ---- the frames of one connection ---------------------------------------------------------------

let stopWatching = () => {};
const watched = new Log(byId('watch-log'), {
  changed: () => show(byId('watch-empty'), watched.isEmpty),
});
const states = {
  open: ['connected', 'good'],
  ended: ['ended', ''],
  unknown: ['gone', ''],
  busy: ['not possible now', 'bad'],
};

function watch(row) {
  watched.clear();
  byId('watch-lead').textContent = `${row.sourceIp} · ${row.requestId}`;
  byId('watch-state').textContent = '';
  byId('watch').showModal();
  let after = 0;
  stopWatching = poll(
    async () => {
      const { state, frames } = await ask(
        `console/api/frames?connection=${row.requestId}&after=${after}`,
      );
      const [text, kind] = states[state];
      byId('watch-state').className = `state ${kind}`;
      byId('watch-state').textContent =
        state === 'busy' ? 'four connections are watched already' : text;
      for (const frame of frames) {
        after = frame.number;
        let type = '';
        try {
          type = JSON.parse(frame.text).type ?? '';
        } catch {
          // cut, or not JSON
        }
        watched.add({
          at: frame.time,
          mark: frame.direction,
          title: type,
          detail: frame.text,
          text: frame.text,
          size: frame.size,
        });
      }
    },
    1000,
    (error) => {
      if (error) byId('watch-state').textContent = error.message;
    },
  );
}

byId('watch-close').addEventListener('click', () => byId('watch').close());
byId('watch').addEventListener('close', () => stopWatching());

// Looks every two seconds until stopped.
export function startLive(onProblem) {
  before = undefined;
  const stop = poll(look, 2000, onProblem);
  const now = () => look().catch(() => {}); // the next turn says what is wrong
  byId('connections-order').onchange = now;
  byId('connections-filter').oninput = now;
  return () => {
    stop();
    stopWatching();
    if (byId('watch').open) byId('watch').close();
  };
}
