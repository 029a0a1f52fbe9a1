// A chat: one channel per room, live through aws-amplify, the past from the daemon's history.
// The address gives #{"endpoint","history","key","name","room"}.
import { Amplify } from 'aws-amplify';
import { events } from 'aws-amplify/data';

const {
  endpoint,
  history,
  key,
  name,
  room: firstRoom,
} = JSON.parse(decodeURIComponent(location.hash.slice(1)));
const rooms = ['general', 'random'];
const byId = (id) => document.getElementById(id);
let room, channel, shown;

function show(message) {
  if (shown.has(message.id)) return; // history and live overlap
  shown.add(message.id);
  const item = document.createElement('li');
  const author = document.createElement('b');
  author.textContent = message.name;
  item.append(author, message.text);
  item.classList.toggle('own', message.name === name);
  byId('messages').append(item);
  item.scrollIntoView();
}

async function enter(next) {
  byId('status').textContent = 'connecting';
  await channel?.close();
  room = next;
  shown = new Set();
  byId('title').textContent = `# ${room}`;
  byId('messages').replaceChildren();
  for (const button of byId('rooms').children) {
    button.setAttribute('aria-current', String(button.textContent === room));
  }
  // Subscribe first, then read the past: what happens in between is seen twice, never missed.
  const live = [];
  let past = null;
  channel = await events.connect(`/default/chat/${room}`);
  const subscription = channel.subscribe({
    next: ({ event }) => (past ? show(event) : live.push(event)),
    error: (error) => {
      byId('status').textContent = `error: ${JSON.stringify(error)}`;
    },
  });
  await subscription.ready;
  const response = await fetch(`${history}?channel=/default/chat/${room}`, {
    headers: { 'x-api-key': key },
  });
  past = (await response.json()).events.map(({ event }) => JSON.parse(event));
  past.forEach(show);
  live.forEach(show);
  byId('status').textContent = `connected as ${name}`;
}

byId('form').addEventListener('submit', async (submitted) => {
  submitted.preventDefault();
  const text = byId('text').value.trim();
  byId('text').value = '';
  if (text) await channel.publish({ id: crypto.randomUUID(), name, text });
});

Amplify.configure({
  API: { Events: { endpoint, region: 'us-east-1', defaultAuthMode: 'apiKey', apiKey: key } },
});
for (const each of rooms) {
  const button = document.createElement('button');
  button.textContent = each;
  button.addEventListener('click', () => enter(each));
  byId('rooms').append(button);
}
enter(firstRoom ?? rooms[0]);
