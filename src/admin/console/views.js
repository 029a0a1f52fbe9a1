// The views that only show: history, refusals, handlers, limits, configuration.
import { ask, poll } from './api.js';
import { replayAfter } from './editor.js';
import { byId, bytes, copy, dayAndClock, duration, h, number, show, table } from './dom.js';
import { Log } from './log.js';

// ---- history ------------------------------------------------------------------------------------

const history = new Log(byId('history-log'), {
  days: true,
  changed: () => show(byId('history-empty'), history.isEmpty),
});
let pageOf; // { channel, apiId, older, newer } of the page that is shown

async function readPage(which) {
  const error = byId('history-error');
  error.textContent = '';
  const channel = which ? pageOf.channel : byId('history-channel').value.trim();
  const apiId = which ? pageOf.apiId : byId('history-api').value;
  const query = new URLSearchParams({ channel, apiId, limit: byId('history-limit').value || '50' });
  if (which === 'older') query.set('before', pageOf.older);
  if (which === 'newer') query.set('after', pageOf.newer);
  try {
    const page = await ask(`console/api/history?${query}`);
    if (which === 'newer' && page.events.length === 0) {
      byId('history-count').textContent = 'Nothing newer yet';
      return;
    }
    showPage(page, { channel, apiId }, which);
  } catch (problem) {
    error.textContent = problem.message;
  }
}

function showPage(page, asked, which) {
  const rows = page.events.toReversed();
  history.replace(
    rows.map((event) => ({
      at: event.timestamp,
      mark: 'event',
      title: event.channel,
      detail: event.event,
      text: event.event,
      size: new TextEncoder().encode(event.event).length,
      actions: () => [
        h(
          'button',
          {
            type: 'button',
            class: 'quiet small',
            onclick: () => goTo(asked.channel, event.cursor),
          },
          'Replay from here',
        ),
        h(
          'button',
          {
            type: 'button',
            class: 'quiet small',
            onclick: () => copy(event.cursor),
          },
          'Copy the cursor',
        ),
        h('span', { class: 'count mono' }, event.id),
      ],
    })),
  );
  pageOf = {
    ...asked,
    older: page.events[0]?.cursor ?? pageOf?.older,
    newer: page.events.at(-1)?.cursor ?? page.cursor,
  };
  byId('history-older').disabled =
    page.events.length === 0 || (which !== 'newer' && page.nextCursor === null);
  byId('history-newer').disabled = false;
  byId('history-count').textContent = rows.length
    ? `${number(rows.length)} events, ${dayAndClock(page.events[0].timestamp)} to ${dayAndClock(page.events.at(-1).timestamp)}`
    : '';
  const [title, text] = byId('history-empty').children;
  title.textContent = 'No event';
  text.textContent = 'Nothing is stored for this channel, or nothing before that.';
}

function goTo(channel, cursor) {
  document.dispatchEvent(new CustomEvent('go-to', { detail: 'editor' }));
  replayAfter(channel, cursor);
}

byId('history-form').addEventListener('submit', (event) => {
  event.preventDefault();
  readPage();
});
byId('history-older').addEventListener('click', () => readPage('older'));
byId('history-newer').addEventListener('click', () => readPage('newer'));

export function prepareHistory(info) {
  byId('history-api').replaceChildren(
    ...info.apis.map(({ id, name }) => h('option', { value: id }, name)),
  );
  show(byId('history-api-row'), info.apis.length > 1);
  const keeps = info.apis[0].namespaces.find((one) => one.history?.readable);
  byId('history-channel').value = `/${keeps?.name ?? 'default'}/*`;
}

// ---- refusals and handlers ----------------------------------------------------------------------

async function showDecisions() {
  const { decisions, notKept } = await ask('v1/authorization/decisions');
  byId('decisions-count').textContent = [
    decisions.length ? number(decisions.length) : '',
    notKept ? `${number(notKept)} in a flood were only counted` : '',
  ]
    .filter(Boolean)
    .join(', ');
  table(
    byId('decisions-table'),
    [
      ['Time', 'mono'],
      ['Operation', ''],
      ['Channel', 'mono'],
      ['Mode', 'wide'],
      ['Reason', 'grow text'],
      ['Address', 'mono wide'],
    ],
    decisions.map((one) => [
      dayAndClock(one.time).replace(/\.\d+$/, ''),
      one.operation,
      one.channel ?? '',
      one.mode ?? 'none',
      h(
        'div',
        {},
        h('span', { class: 'tag bad' }, one.cause.replaceAll('_', ' ')),
        h('div', {}, one.reason),
        h(
          'small',
          {},
          `allowed: ${one.modesAllowed.join(', ') || 'nothing'} · request ${one.requestId}`,
        ),
      ),
      one.sourceIp,
    ]),
    [
      'Nobody was refused',
      'Refused connects, publishes and subscribes are listed here with their reasons.',
    ],
  );
}

async function showHandlers() {
  const { lines, notKept } = await ask('console/api/handlers');
  byId('handlers-count').textContent = [
    lines.length ? number(lines.length) : '',
    notKept ? `${number(notKept)} in a flood were only counted` : '',
  ]
    .filter(Boolean)
    .join(', ');
  table(
    byId('handlers-table'),
    [
      ['Time', 'mono'],
      ['Level', ''],
      ['Namespace', 'mono'],
      ['Function', 'mono'],
      ['Text', 'mono grow text'],
    ],
    lines.map((line) => [
      dayAndClock(line.time),
      h('span', { class: `tag ${line.level === 'error' ? 'bad' : ''}` }, line.level),
      line.namespace,
      line.function,
      h(
        'div',
        {},
        h('div', {}, line.text),
        line.requestId ? h('small', {}, `request ${line.requestId}`) : '',
      ),
    ]),
    [
      'No line',
      'What handlers log with console.log and util.error, and the errors that end them, is listed here, from the log level on that is configured.',
    ],
  );
}

// ---- limits and configuration -------------------------------------------------------------------

function amount(value, unit) {
  if (unit === 'bytes') return bytes(value);
  if (unit === 'milliseconds') return duration(value / 1000);
  return unit === 'per second' ? `${number(value)} /s` : number(value);
}

async function showLimits() {
  const { strict, limits } = await ask('console/api/limits');
  byId('limits-strict').textContent = strict ? 'strict: those that AWS has are pinned' : '';
  table(
    byId('limits-table'),
    [
      ['Limit', 'mono'],
      ['In use', 'number'],
      ['', 'bar'],
      ['Of', 'number'],
      ['What it counts', 'grow text wide'],
    ],
    limits.map((row) => {
      const used = row.used === null ? '' : amount(row.used, row.unit);
      const bar =
        row.used === null || row.limit === 0
          ? ''
          : h('meter', {
              min: 0,
              max: row.limit,
              low: row.limit * 0.7,
              high: row.limit * 0.9,
              optimum: 0,
              value: row.used,
              'aria-label': `${row.name}: ${used} of ${amount(row.limit, row.unit)}`,
            });
      return [
        row.name,
        used,
        bar,
        row.limit === 0 ? 'no limit' : amount(row.limit, row.unit),
        row.meaning,
      ];
    }),
    ['No limits', ''],
  );
}

const yamlLine = /^(\s*(?:- )?)([A-Za-z][\w.-]*|"[^"]*")(:)(.*)$/;

function colouredYaml(text) {
  return text.split('\n').flatMap((line) => {
    if (line.trimStart().startsWith('#')) return [h('span', { class: 'y-comment' }, line), '\n'];
    const match = yamlLine.exec(line);
    if (!match) return [line, '\n'];
    const secret = match[4].includes('********');
    return [
      match[1],
      h('span', { class: 'j-name' }, match[2]),
      match[3],
      h('span', { class: secret ? 'y-secret' : 'j-text' }, match[4]),
      '\n',
    ];
  });
}

let configuration = '';
async function showConfiguration() {
  const { yaml } = await ask('console/api/config');
  if (yaml === configuration) return;
  configuration = yaml;
  byId('configuration').replaceChildren(...colouredYaml(yaml));
}
byId('copy-configuration').addEventListener('click', async ({ currentTarget }) => {
  await copy(configuration);
  currentTarget.textContent = 'Copied';
  setTimeout(() => {
    currentTarget.textContent = 'Copy';
  }, 1500);
});

// Views that look again and again while they are shown: name → begin(onProblem), which returns an end.
export const views = {
  history: () => () => {},
  authorization: (onProblem) => poll(showDecisions, 2000, onProblem),
  handlers: (onProblem) => poll(showHandlers, 2000, onProblem),
  limits: (onProblem) => poll(showLimits, 3000, onProblem),
  configuration: (onProblem) => poll(showConfiguration, 10_000, onProblem),
};
