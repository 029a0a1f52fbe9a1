// ctx as the daemon makes it, from the short form that the cases are written in.
const NO_SOURCE = { result: null, error: null };

export function contextOf(given) {
  const { on = 'publish', channel = '/default/room', headers = { host: 'localhost' }, events, identity, stash = {} } = given;
  const segments = channel.slice(1).split('/');
  return {
    ...(identity === undefined ? {} : { identity }),
    info: {
      channel: { path: channel, segments },
      channelNamespace: { name: segments[0] },
      operation: on === 'publish' ? 'PUBLISH' : 'SUBSCRIBE',
    },
    request: { headers, domainName: null },
    ...(on === 'publish' ? { events: eventsOf(events) } : {}),
    channel,
    env: {},
    prev: null,
    outErrors: [],
    stash,
    ...NO_SOURCE,
  };
}

// ids are e1, e2, … in the order of the payloads.
function eventsOf(payloads) {
  return payloads.map((payload, i) => ({ id: `e${i + 1}`, payload }));
}

// For `response`: events are new, the stash is what `request` has left.
export function responseContext(given, stash, { result = null, error = null }) {
  return { ...contextOf(given), stash, result, error };
}
