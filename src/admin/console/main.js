// Signing in, and the way between the views.
import { ask, hasToken, onRefused, poll, Refused, setToken, takeTokenFromAddress } from './api.js';
import { byId, show } from './dom.js';
import { disconnect, startEditor } from './editor.js';
import { startLive } from './live.js';
import { prepareHistory, views } from './views.js';

const tabs = [...document.querySelectorAll('[role=tab]')];
const name = (tab) => tab.id.slice('tab-'.length);
const begin = { editor: () => () => {}, live: startLive, ...views };
let endView = () => {};
let endHealth = () => {};
let signedIn = false;

function showProblem(error) {
  show(byId('problem'), error !== null);
  if (error) byId('problem').textContent = `${error.message} Trying again…`;
}

// ---- views --------------------------------------------------------------------------------------

function choose(chosen) {
  if (!signedIn) return;
  endView();
  showProblem(null);
  for (const tab of tabs) {
    const selected = tab === chosen;
    tab.setAttribute('aria-selected', String(selected));
    tab.tabIndex = selected ? 0 : -1;
    show(byId(`view-${name(tab)}`), selected);
  }
  chosen.scrollIntoView({ block: 'nearest', inline: 'nearest' });
  document.title = `${chosen.textContent} · eventsd console`;
  if (location.hash !== `#${name(chosen)}`) history.replaceState(null, '', `#${name(chosen)}`);
  endView = begin[name(chosen)](showProblem);
}

const fromAddress = () => tabs.find((tab) => `#${name(tab)}` === location.hash) ?? tabs[0];

for (const tab of tabs) tab.addEventListener('click', () => choose(tab));
document.querySelector('[role=tablist]').addEventListener('keydown', (event) => {
  const at = tabs.indexOf(document.activeElement);
  const to = { ArrowRight: at + 1, ArrowLeft: at - 1, Home: 0, End: tabs.length - 1 }[event.key];
  if (at < 0 || to === undefined) return;
  event.preventDefault();
  const tab = tabs[(to + tabs.length) % tabs.length];
  tab.focus();
  choose(tab);
});
document.addEventListener('go-to', ({ detail }) => choose(byId(`tab-${detail}`)));

// ---- signing in ---------------------------------------------------------------------------------

function signOut(reason) {
  signedIn = false;
  endView();
  endHealth();
  endView = endHealth = () => {};
  disconnect();
  setToken('');
  showProblem(null);
  byId('health').textContent = '';
  for (const tab of tabs) show(byId(`view-${name(tab)}`), false);
  show(byId('nav'), false);
  show(byId('sign-out'), false);
  show(byId('sign-in'), true);
  byId('sign-in-error').textContent = reason;
  byId('token').value = '';
  byId('token').focus();
}

function showHealth({ health }) {
  const box = byId('health');
  const [text, kind] = health.unavailable.length
    ? [health.unavailable[0], 'bad']
    : health.degraded.length
      ? [health.degraded[0], 'busy']
      : ['ready', 'good'];
  if (box.textContent === text) return; // or it would be read out again and again
  box.className = `state ${kind}`;
  box.textContent = text;
}

async function signIn() {
  const info = await ask('console/api/info');
  signedIn = true;
  show(byId('sign-in'), false);
  show(byId('nav'), true);
  show(byId('sign-out'), true);
  byId('version').textContent = info.version;
  startEditor(info);
  prepareHistory(info);
  showHealth(info);
  endHealth = poll(
    async () => showHealth(await ask('console/api/info')),
    5000,
    (error) => {
      if (!error) return;
      byId('health').className = 'state bad';
      byId('health').textContent = 'no answer';
    },
  );
  choose(fromAddress());
}

onRefused(() => signOut(hasToken() ? 'This token is not accepted.' : ''));

byId('sign-in-form').addEventListener('submit', async (event) => {
  event.preventDefault();
  setToken(byId('token').value);
  byId('sign-in-error').textContent = '';
  try {
    await signIn();
    fromAddress().focus();
  } catch (error) {
    if (!(error instanceof Refused)) byId('sign-in-error').textContent = error.message;
  }
});
byId('sign-out').addEventListener('click', () => signOut(''));

// ---- colours ------------------------------------------------------------------------------------

const themes = { '': 'as the system', light: 'light', dark: 'dark' };
function setTheme(theme) {
  if (theme) document.documentElement.dataset.theme = theme;
  else delete document.documentElement.dataset.theme;
  byId('theme').title = byId('theme-name').textContent = `Colours: ${themes[theme]}`;
  localStorage.setItem('eventsd.theme', theme);
}
byId('theme').addEventListener('click', () => {
  const order = Object.keys(themes);
  setTheme(order[(order.indexOf(document.documentElement.dataset.theme ?? '') + 1) % order.length]);
});
setTheme(
  Object.hasOwn(themes, localStorage.getItem('eventsd.theme') ?? '')
    ? (localStorage.getItem('eventsd.theme') ?? '')
    : '',
);

// ---- the beginning ------------------------------------------------------------------------------

window.addEventListener('hashchange', () => {
  if (location.hash.startsWith('#token=')) location.reload();
  else if (signedIn) choose(fromAddress());
});
takeTokenFromAddress();
if (hasToken()) {
  signIn().catch((error) => {
    if (error instanceof Refused) return;
    show(byId('sign-in'), true);
    byId('sign-in-error').textContent = error.message;
  });
} else {
  signOut('');
}
