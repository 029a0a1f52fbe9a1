// Pub/Sub: connect, subscribe, publish, and see what happens.
import { ask } from './api.js';
import { httpHeaders, modeNames } from './credentials.js';
import { byId, h, show } from './dom.js';
import { likelyEndpoint } from './endpoint.js';
import { readEvents, startPayload } from './payload.js';
import { EventSocket } from './socket.js';
import { events, frames } from './traffic.js';

const endpointStorage = 'eventsd.endpoint';
const modeStorage = 'eventsd.mode';
const colours = 6;
const subscriptions = new Map(); // id → { channel, colour, count, cursor }
let info;
let usedColours = 0;

// ---- the connection -----------------------------------------------------------------------------

const chosen = () => ({
  mode: byId('mode').value,
  apiKey: byId('api-key').value.trim(),
  token: byId('auth-token').value.trim(),
  accessKey: byId('access-key').value.trim(),
  secretKey: byId('secret-key').value.trim(),
  sessionToken: byId('session-token').value.trim(),
  region: byId('region').value.trim() || info.region,
});

const stateTexts = {
  closed: 'not connected',
  connecting: 'connecting…',
  open: 'connected',
  failed: 'not connected',
};

function showState(state, reason) {
  const box = byId('socket-state');
  box.className = `state ${state === 'open' ? 'good' : state === 'failed' ? 'bad' : state === 'connecting' ? 'busy' : ''}`;
  box.textContent = stateTexts[state];
  byId('connect-error').textContent = state === 'failed' ? reason : '';
  show(byId('connect-row'), state !== 'open');
  byId('connect').disabled = state === 'connecting';
  show(byId('disconnect'), state === 'open');
  byId('settings-summary').textContent =
    state === 'open'
      ? `${new URL(byId('endpoint').value).host} · ${modeNames[byId('mode').value]}`
      : 'Endpoint and credentials';
  if (state === 'open') byId('settings').open = false; // room for what comes next
  if (state === 'failed' || state === 'closed') byId('settings').open = true;
  if (state !== 'open') {
    subscriptions.clear();
    showSubscriptions();
  }
}

const socket = new EventSocket({
  state: showState,
  frame: ({ direction, size, text, type }) =>
    frames.add({
      at: Date.now(),
      mark: direction,
      title: type ?? '',
      detail: type ? summary(text) : text,
      text,
      size,
    }),
  data: receive,
});

// What a frame says in short, beside its type.
function summary(text) {
  const { channel, event, id, errors } = JSON.parse(text);
  if (errors) return errors.map((error) => error.message ?? error.errorType).join('; ');
  return [channel, event ?? (id && !channel ? id : '')].flat().filter(Boolean).join('  ');
}

let connecting;
function connect() {
  if (socket.state === 'open') return Promise.resolve();
  connecting ??= (async () => {
    byId('connect-error').textContent = '';
    const endpoint = byId('endpoint').value.trim();
    if (!URL.canParse(endpoint) || !/^https?:$/.test(new URL(endpoint).protocol)) {
      throw new Error('The endpoint is an address such as http://localhost:8080/event.');
    }
    localStorage.setItem(endpointStorage, endpoint);
    await socket.open(endpoint, chosen());
  })().finally(() => {
    connecting = undefined;
  });
  return connecting;
}

async function attempt(errorBox, work) {
  errorBox.textContent = '';
  try {
    await work();
  } catch (error) {
    if (/is needed/.test(error.message) && socket.state !== 'open') byId('settings').open = true;
    errorBox.textContent = error.message;
  }
}

function showMode() {
  const mode = byId('mode').value;
  localStorage.setItem(modeStorage, mode);
  const kind = mode === 'API_KEY' || mode === 'AWS_IAM' ? mode : 'TOKEN';
  for (const fields of document.querySelectorAll('[data-mode]'))
    show(fields, fields.dataset.mode === kind);
  byId('token-hint').textContent =
    mode === 'AWS_LAMBDA'
      ? 'Given to the authorizer function as it is.'
      : 'A JSON Web Token, without “Bearer”.';
}

// The admin token can read the API's keys anyway.
async function findKey() {
  const { apiKeys } = await ask(`v1/apis/${encodeURIComponent(byId('api').value)}/apikeys`);
  const valid = apiKeys.find((key) => !key.expires || key.expires * 1000 > Date.now());
  if (!valid) throw new Error('The API has no key that is valid now.');
  byId('api-key').value = valid.id;
}

// ---- subscriptions ------------------------------------------------------------------------------

function showSubscriptions() {
  byId('subscriptions').replaceChildren(
    ...[...subscriptions].map(([id, { channel, colour, count }]) =>
      h(
        'li',
        { class: `chip c${colour}` },
        h('span', { class: 'channel' }, channel),
        h('span', { class: 'number', 'data-count': id }, String(count)),
        h(
          'button',
          {
            type: 'button',
            'aria-label': `Unsubscribe from ${channel}`,
            title: 'Unsubscribe',
            onclick: () => unsubscribe(id),
          },
          '×',
        ),
      ),
    ),
  );
}

function receive(id, message) {
  const subscription = subscriptions.get(id);
  if (!subscription || message.type !== 'data') return;
  subscription.count += 1;
  if (message.cursor) subscription.cursor = message.cursor;
  const counter = byId('subscriptions').querySelector(`[data-count="${CSS.escape(id)}"]`);
  if (counter) counter.textContent = String(subscription.count);
  const { cursor } = message;
  events.add({
    at: Date.now(),
    mark: 'event',
    title: subscription.channel,
    colour: `c${subscription.colour}`,
    detail: message.event,
    text: message.event,
    size: new TextEncoder().encode(message.event).length,
    actions: cursor
      ? () => [
          h(
            'button',
            {
              type: 'button',
              class: 'quiet small',
              onclick: () => replayAfter(subscription.channel, cursor),
            },
            'Replay from here',
          ),
        ]
      : undefined,
  });
}

// Fills the form in: everything after an event that has been seen.
export function replayAfter(channel, cursor) {
  byId('subscribe-channel').value = channel;
  byId('replay').value = 'after';
  byId('replay-after').value = cursor;
  showReplay();
  byId('subscribe-form').querySelector('[type=submit]').focus();
}

const showReplay = () => {
  show(byId('replay-last-field'), byId('replay').value === 'last');
  show(byId('replay-after-field'), byId('replay').value === 'after');
};

function replay() {
  const how = byId('replay').value;
  if (how === 'last') {
    const last = byId('replay-last').valueAsNumber;
    if (!Number.isInteger(last) || last < 0 || last > 1000)
      throw new Error('How many: a whole number from 0 to 1000.');
    return { last };
  }
  if (how === 'after') {
    const after = byId('replay-after').value.trim();
    if (!after)
      throw new Error(
        'A cursor is needed: events that are replayed and pages of history have one each.',
      );
    return { after };
  }
  return undefined;
}

async function subscribe() {
  const channel = byId('subscribe-channel').value.trim();
  if (!channel) throw new Error('A channel is needed, such as /default/hello.');
  const from = replay();
  await connect();
  const id = socket.nextId('subscription');
  // Events may follow the answer at once.
  subscriptions.set(id, { channel, colour: usedColours % colours, count: 0 });
  try {
    const answer = await socket.subscribe(id, channel, from, chosen());
    usedColours += 1;
    if (answer.recovered === false) {
      byId('subscribe-error').textContent =
        'Not recovered: some of what came after the cursor has been removed. What is stored follows.';
    }
  } catch (error) {
    subscriptions.delete(id);
    throw error;
  }
  showSubscriptions();
}

async function unsubscribe(id) {
  await attempt(byId('subscribe-error'), async () => {
    await socket.unsubscribe(id);
    subscriptions.delete(id);
    showSubscriptions();
    byId('subscribe-channel').focus();
  });
}

// ---- publishing ---------------------------------------------------------------------------------

async function publishOverHttp(channel, texts) {
  const url = new URL(byId('endpoint').value.trim());
  const body = JSON.stringify({ channel, events: texts });
  const headers = await httpHeaders(chosen(), url, body);
  frames.add({
    at: Date.now(),
    mark: 'out',
    title: 'POST',
    detail: `${url.pathname}  ${channel}`,
    text: body,
    size: new TextEncoder().encode(body).length,
  });
  let response;
  try {
    response = await fetch(url, { method: 'POST', headers, body });
  } catch {
    throw new Error(
      `${url.host} cannot be reached from this page: nothing listens there, its certificate is not trusted, or cors.allowOrigins does not have ${location.origin}.`,
    );
  }
  const text = await response.text();
  frames.add({
    at: Date.now(),
    mark: 'in',
    title: `HTTP ${response.status}`,
    detail: response.headers.get('x-amzn-errortype') ?? '',
    text,
    size: new TextEncoder().encode(text).length,
  });
  const answer = JSON.parse(text);
  if (!response.ok) {
    throw new Error(
      answer.errors
        ?.map((error) => [error.errorType, error.message].filter(Boolean).join(': '))
        .join('; ') ?? `HTTP ${response.status}`,
    );
  }
  return answer;
}

async function publish() {
  byId('publish-done').textContent = '';
  const channel = byId('publish-channel').value.trim();
  if (!channel) throw new Error('A channel is needed, such as /default/hello.');
  const { texts } = readEvents();
  const button = byId('publish-form').querySelector('[type=submit]');
  button.disabled = true;
  try {
    const begun = performance.now();
    let answer;
    if (document.querySelector('[name=via]:checked').value === 'socket') {
      await connect();
      answer = await socket.publish(channel, texts, chosen());
    } else {
      answer = await publishOverHttp(channel, texts);
    }
    const took = Math.max(1, Math.round(performance.now() - begun));
    if (answer.failed.length) {
      throw new Error(
        `${answer.successful.length} published, ${answer.failed.length} failed: ${answer.failed.map((one) => one.message ?? one.code).join('; ')}`,
      );
    }
    byId('publish-done').textContent =
      `Published ${answer.successful.length === 1 ? '1 event' : `${answer.successful.length} events`} in ${took} ms`;
  } finally {
    button.disabled = false;
  }
}

// ---- the view -----------------------------------------------------------------------------------

function chooseApi(id) {
  const api = info.apis.find((one) => one.id === id);
  const modes = byId('mode');
  modes.replaceChildren(
    ...api.providers.map((mode) => h('option', { value: mode }, modeNames[mode])),
  );
  const before = localStorage.getItem(modeStorage);
  if (api.providers.includes(before)) modes.value = before;
  showMode();
  byId('channels').replaceChildren(
    ...api.namespaces.flatMap(({ name }) => [
      h('option', { value: `/${name}/hello` }),
      h('option', { value: `/${name}/*` }),
    ]),
  );
  const name = api.namespaces[0]?.name ?? 'default';
  byId('subscribe-channel').value = `/${name}/*`;
  byId('publish-channel').value = `/${name}/hello`;
}

export function disconnect() {
  socket.close();
  showState('closed', '');
}

export function startEditor(given) {
  info = given;
  byId('region').value = info.region;
  byId('endpoint').value = localStorage.getItem(endpointStorage) || likelyEndpoint(info);
  byId('api').replaceChildren(...info.apis.map(({ id, name }) => h('option', { value: id }, name)));
  show(byId('api-row'), info.apis.length > 1);
  chooseApi(info.apis[0].id);
  startPayload(info.limits);
}

byId('api').addEventListener('change', () => {
  disconnect();
  chooseApi(byId('api').value);
});
byId('mode').addEventListener('change', showMode);
byId('replay').addEventListener('change', showReplay);
byId('find-key').addEventListener('click', () => attempt(byId('connect-error'), findKey));
byId('connect-form').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(byId('connect-error'), connect);
});
byId('disconnect').addEventListener('click', () => {
  disconnect();
  byId('connect').focus();
});
byId('subscribe-form').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(byId('subscribe-error'), subscribe);
});
byId('publish-form').addEventListener('submit', (event) => {
  event.preventDefault();
  attempt(byId('publish-error'), publish);
});
document.addEventListener('securitypolicyviolation', ({ effectiveDirective, blockedURI }) => {
  if (effectiveDirective !== 'connect-src') return;
  byId('connect-error').textContent =
    `The console may only talk to its own daemon, and ${blockedURI} is none of its addresses. Behind a proxy or tunnel: add the public name to api.domains.`;
});
