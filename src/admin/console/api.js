// What the page asks the admin port.
const storage = 'eventsd.adminToken';

export class Refused extends Error {}

let token = sessionStorage.getItem(storage) ?? '';
let refused = () => {};

// The token of an address such as …/console#token=abc, which then disappears from the address.
export function takeTokenFromAddress() {
  const match = /^#token=(.+)$/.exec(location.hash);
  if (!match) return;
  setToken(decodeURIComponent(match[1]));
  history.replaceState(null, '', location.pathname + location.search);
}

export function setToken(value) {
  token = value.trim();
  if (token) sessionStorage.setItem(storage, token);
  else sessionStorage.removeItem(storage);
}

export const hasToken = () => token !== '';

// Called when the token is not, or no longer, accepted.
export function onRefused(call) {
  refused = call;
}

// The answer to GET `path`, which is relative to the page. Throws Refused, or an Error whose message
// can be shown.
export async function ask(path, { signal } = {}) {
  let response;
  try {
    response = await fetch(new URL(path, document.baseURI), {
      headers: { authorization: `Bearer ${token}` },
      cache: 'no-store',
      signal,
    });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Error('The admin port does not answer.');
  }
  if (response.status === 401) {
    refused();
    throw new Refused('The admin token is not accepted.');
  }
  const body = await response.json().catch(() => ({}));
  if (!response.ok) {
    throw new Error(
      body.message ?? body.errors?.[0]?.message ?? `The admin port answers ${response.status}.`,
    );
  }
  return body;
}

// Calls `work` now and then every `interval` ms, while the page can be seen, until stopped.
export function poll(work, interval, onProblem) {
  let timer;
  let stopped = false;
  const turn = async () => {
    if (!document.hidden) {
      try {
        await work();
        if (!stopped) onProblem(null);
      } catch (error) {
        if (error instanceof Refused) stopped = true;
        else if (!stopped && error.name !== 'AbortError') onProblem(error);
      }
    }
    if (!stopped) timer = setTimeout(turn, interval);
  };
  const seen = () => {
    if (document.hidden || stopped) return;
    clearTimeout(timer);
    timer = setTimeout(turn, 0);
  };
  document.addEventListener('visibilitychange', seen);
  timer = setTimeout(turn, 0);
  return () => {
    stopped = true;
    clearTimeout(timer);
    document.removeEventListener('visibilitychange', seen);
  };
}
