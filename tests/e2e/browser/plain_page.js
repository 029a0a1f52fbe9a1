// A page without any library: fetch and WebSocket. Resolves to what it has seen.
globalThis.play = async (origin, key) => {
  const authorization = { host: new URL(origin).host, 'x-api-key': key };
  const encoded = btoa(JSON.stringify(authorization))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
  const socket = new WebSocket(origin.replace(/^http/, 'ws') + '/event/realtime', [
    'aws-appsync-event-ws',
    `header-${encoded}`,
  ]);
  const seen = [];
  const waiting = [];
  socket.onmessage = ({ data }) => {
    const message = JSON.parse(data);
    if (message.type === 'ka') return;
    seen.push(message);
    waiting.shift()?.();
  };
  const next = () => new Promise((resolve) => waiting.push(resolve));
  await new Promise((resolve, reject) => {
    socket.onopen = resolve;
    socket.onerror = () => reject(new Error('socket'));
  });
  const say = async (message) => {
    const answered = next();
    socket.send(JSON.stringify(message));
    await answered;
  };
  await say({ type: 'connection_init' });
  await say({ type: 'subscribe', id: 's', channel: '/default/plain-page', authorization });
  const arrived = next();
  const response = await fetch(`${origin}/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-api-key': key, 'x-amz-user-agent': 'plain' },
    body: JSON.stringify({ channel: 'default/plain-page', events: ['"from fetch"'] }),
  });
  const published = await response.json();
  const requestId = response.headers.get('x-amzn-requestid');
  await arrived;
  const refused = await fetch(`${origin}/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ channel: 'default/plain-page', events: ['1'] }),
  });
  const history = await fetch(`${origin}/event/history?channel=/default/plain-page`, {
    headers: { 'x-api-key': key },
  });
  const stored = await history.json();
  const closed = new Promise((resolve) => {
    socket.onclose = ({ code, wasClean }) => resolve({ code, wasClean });
  });
  socket.close(1000);
  return {
    protocol: socket.protocol,
    extensions: socket.extensions,
    seen,
    published,
    requestId,
    refused: { status: refused.status, errorType: refused.headers.get('x-amzn-errortype') },
    stored: stored.events.map((e) => e.event),
    closed: await closed,
  };
};
