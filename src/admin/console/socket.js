// One WebSocket of the AppSync-Events protocol.
import { masked, socketAuthorization } from './credentials.js';

const patience = 15_000;

function base64url(text) {
  const bytes = new TextEncoder().encode(text);
  return btoa(String.fromCharCode(...bytes))
    .replaceAll('+', '-')
    .replaceAll('/', '_')
    .replaceAll('=', '');
}

const errorText = (errors) =>
  errors?.map((error) => [error.errorType, error.message].filter(Boolean).join(': ')).join('; ') ||
  'refused without a reason';

// on.frame({ direction, size, text }), on.data(id, message), on.state(state, reason)
export class EventSocket {
  #on;
  #socket;
  #waiting = new Map(); // id of an operation → what to do with its answer
  #ids = 0;
  #host;
  state = 'closed';

  constructor(on) {
    this.#on = on;
  }

  #enter(state, reason = '') {
    this.state = state;
    this.#on.state(state, reason);
  }

  // Connects; rejects with an Error that can be shown.
  async open(endpoint, chosen) {
    const url = new URL(endpoint);
    this.#host = url.host;
    const authorization = await socketAuthorization(chosen, url.host, '{}');
    url.protocol = url.protocol.replace('http', 'ws');
    url.pathname = `${url.pathname.replace(/\/event\/?$|\/$/, '')}/event/realtime`;
    this.#enter('connecting');
    const header = `header-${base64url(JSON.stringify(authorization))}`;
    this.#on.frame({
      direction: 'note',
      size: 0,
      text: `GET ${url.pathname}  Host: ${url.host}  Sec-WebSocket-Protocol: aws-appsync-event-ws, header-********`,
    });
    try {
      await this.#handshake(url, header);
    } catch (error) {
      this.close();
      this.#enter('failed', error.message);
      throw error;
    }
    this.#enter('open');
  }

  #handshake(url, header) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => reject(new Error(`${url.host} does not answer.`)), patience);
      const socket = new WebSocket(url, ['aws-appsync-event-ws', header]);
      this.#socket = socket;
      this.#waiting.set('connection_init', (message) => {
        clearTimeout(timer);
        if (message.type === 'connection_ack') resolve();
        else reject(new Error(errorText(message.errors)));
      });
      socket.onopen = () => this.#send({ type: 'connection_init' });
      socket.onmessage = ({ data }) => this.#receive(data);
      socket.onclose = ({ code, reason }) => {
        clearTimeout(timer);
        this.#on.frame({
          direction: 'note',
          size: 0,
          text: `Close ${code}${reason ? ` ${reason}` : ''}`,
        });
        this.#ended(socket, code, reason);
        reject(
          new Error(
            `Cannot connect to ${url.host}: nothing listens there, or the browser does not trust its certificate.`,
          ),
        );
      };
    });
  }

  #ended(socket, code, reason) {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    for (const answer of this.#waiting.values())
      answer({ type: 'closed', errors: [{ message: 'The connection has ended.' }] });
    this.#waiting.clear();
    if (this.state === 'open')
      this.#enter(
        code === 1000 ? 'closed' : 'failed',
        `closed with ${code}${reason ? ` ${reason}` : ''}`,
      );
  }

  #send(message) {
    const text = JSON.stringify(message);
    this.#socket.send(text);
    this.#on.frame({
      direction: 'out',
      size: new TextEncoder().encode(text).length,
      text: masked(text),
      type: message.type,
    });
  }

  #receive(text) {
    let message;
    try {
      message = JSON.parse(text);
    } catch {
      message = {};
    }
    this.#on.frame({
      direction: 'in',
      size: new TextEncoder().encode(text).length,
      text: masked(text),
      type: message.type,
    });
    if (message.type === 'data' || message.type === 'broadcast_error')
      return this.#on.data(message.id, message);
    const key = message.type?.startsWith('connection_') ? 'connection_init' : message.id;
    const answer = this.#waiting.get(key);
    this.#waiting.delete(key);
    answer?.(message);
  }

  // Sends one operation and resolves to its answer.
  #operate(message, expected) {
    if (this.state !== 'open') throw new Error('Not connected.');
    return new Promise((resolve, reject) => {
      const timer = setTimeout(() => {
        this.#waiting.delete(message.id);
        reject(new Error('No answer in time.'));
      }, patience);
      this.#waiting.set(message.id, (answer) => {
        clearTimeout(timer);
        if (answer.type === expected) resolve(answer);
        else reject(new Error(errorText(answer.errors)));
      });
      this.#send(message);
    });
  }

  nextId(kind) {
    this.#ids += 1;
    return `${kind}-${this.#ids}`;
  }

  async subscribe(id, channel, replay, chosen) {
    const authorization = await socketAuthorization(
      chosen,
      this.#host,
      JSON.stringify({ channel }),
    );
    return this.#operate(
      { type: 'subscribe', id, channel, authorization, ...(replay ? { replay } : {}) },
      'subscribe_success',
    );
  }

  unsubscribe(id) {
    return this.#operate({ type: 'unsubscribe', id }, 'unsubscribe_success');
  }

  async publish(channel, events, chosen) {
    const authorization = await socketAuthorization(
      chosen,
      this.#host,
      JSON.stringify({ channel, events }),
    );
    return this.#operate(
      { type: 'publish', id: this.nextId('publish'), channel, events, authorization },
      'publish_success',
    );
  }

  close() {
    const socket = this.#socket;
    if (!socket) return;
    this.#ended(socket, 1000, '');
    socket.onclose = null;
    socket.onmessage = null;
    socket.close(1000);
  }
}
