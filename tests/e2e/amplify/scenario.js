// What an application does with aws-amplify, step by step. The same steps run in Node and in
// browsers, over plain text and over TLS; each is a function of `context`: { endpoint, key,
// wrongKey, restart() }. Steps share one connection, as amplify has one per JavaScript runtime.
import { Amplify } from 'aws-amplify';
import { events } from 'aws-amplify/data';
import { Inbox } from '../support/inbox.js';

const run = Math.random().toString(36).slice(2, 10);

function check(condition, message) {
  if (!condition) throw new Error(message);
}

function equal(actual, expected, what) {
  const a = JSON.stringify(actual),
    e = JSON.stringify(expected);
  check(a === e, `${what}: expected ${e?.slice(0, 200)}, got ${a?.slice(0, 200)}`);
}

async function failure(promise) {
  try {
    await promise;
  } catch (error) {
    return error;
  }
  throw new Error('it should have failed');
}

async function listen(name, options) {
  const channel = await events.connect(name, options);
  const inbox = new Inbox();
  const subscription = channel.subscribe({
    next: (message) => inbox.push(message.event),
    error: (error) => inbox.push(error),
  });
  await subscription.ready;
  return { channel, inbox, subscription };
}

// 234 KiB as JSON text, of which all but two bytes are escaped quotes.
const quotes = '"'.repeat(119_807);

export const steps = {
  'a subscriber gets what is posted over HTTP': async ({ endpoint, key }) => {
    Amplify.configure({
      API: { Events: { endpoint, region: 'us-east-1', defaultAuthMode: 'apiKey', apiKey: key } },
    });
    const { channel, inbox } = await listen(`default/${run}/http`);
    equal(await events.post(`default/${run}/http`, { hello: 1 }), undefined, 'post');
    equal(await inbox.take(), { hello: 1 }, 'event');
    await channel.close();
  },

  'a publisher over the socket gets its own event': async () => {
    const { channel, inbox } = await listen(`/default/${run}/socket`);
    await channel.publish({ 'from the socket': ['é', '😀', '<&>'] });
    equal(await inbox.take(), { 'from the socket': ['é', '😀', '<&>'] }, 'event');
    await channel.close();
  },

  'events may be any JSON value': async () => {
    const { channel, inbox } = await listen(`/default/${run}/values`);
    await events.post(`/default/${run}/values`, ['text', 1.5, true, [1, [2]], { a: null }]);
    const got = [];
    for (let i = 0; i < 5; ++i) got.push(await inbox.take());
    equal(got, ['text', 1.5, true, [1, [2]], { a: null }], 'events');
    await channel.close();
  },

  'a wildcard sees every channel below it': async () => {
    const { channel, inbox } = await listen(`/default/${run}/tree/*`);
    await events.post(`/default/${run}/tree`, 'not below');
    await events.post(`/default/${run}/tree/a`, 1);
    await events.post(`/default/${run}/tree/a/b`, 2);
    equal([await inbox.take(), await inbox.take()], [1, 2], 'events');
    await channel.close();
  },

  'a batch of five arrives one by one over both ways': async () => {
    const { channel, inbox } = await listen(`/default/${run}/batch`);
    await events.post(`/default/${run}/batch`, [1, 2, 3, 4, 5]);
    await channel.publish([6, 7, 8, 9, 10]);
    const got = [];
    for (let i = 0; i < 10; ++i) got.push(await inbox.take());
    equal(got, [1, 2, 3, 4, 5, 6, 7, 8, 9, 10], 'events');
    await channel.close();
  },

  'six events are refused over both ways': async () => {
    const error = await failure(events.post(`/default/${run}/six`, [1, 2, 3, 4, 5, 6]));
    equal(error.name, 'BadRequestException', 'name of the HTTP error');
    const channel = await events.connect(`/default/${run}/six`);
    const second = await failure(channel.publish([1, 2, 3, 4, 5, 6]));
    check(second.message.includes('InvalidInputError'), second.message);
    await channel.close();
  },

  'an unknown namespace is refused over both ways and to subscribers': async () => {
    const error = await failure(events.post(`/nowhere/${run}`, 1));
    equal(error.name, 'UnauthorizedException', 'name of the HTTP error');
    const channel = await events.connect(`/nowhere/${run}`);
    const second = await failure(channel.publish(1));
    check(second.message.includes('UnauthorizedException'), second.message);
    const observer = new Inbox();
    const subscription = channel.subscribe({ next: () => {}, error: (e) => observer.push(e) });
    const third = await failure(subscription.ready);
    check(
      JSON.stringify(third).includes('UnauthorizedException') ||
        String(third).includes('UnauthorizedException'),
      `ready: ${third} ${JSON.stringify(third)}`,
    );
    await channel.close();
  },

  'a malformed channel is refused over both ways and to subscribers': async () => {
    const error = await failure(events.post(`/default/under_score`, 1));
    equal(error.name, 'BadRequestException', 'name of the HTTP error');
    const channel = await events.connect(`/default/under_score`);
    const second = await failure(channel.publish(1));
    check(second.message.includes('BadRequestException'), second.message);
    const third = await failure(channel.subscribe({ next: () => {}, error: () => {} }).ready);
    check(
      JSON.stringify(third).includes('BadRequestException') ||
        String(third).includes('BadRequestException'),
      `ready: ${third} ${JSON.stringify(third)}`,
    );
    await channel.close();
  },

  'a publish to a wildcard is refused': async () => {
    const error = await failure(events.post(`/default/*`, 1));
    equal(error.name, 'BadRequestException', 'name of the HTTP error');
  },

  'a wrong key is refused over both ways and to subscribers': async ({ wrongKey }) => {
    const error = await failure(
      events.post(`/default/${run}/x`, 1, { authMode: 'apiKey', apiKey: wrongKey }),
    );
    equal(error.name, 'UnauthorizedException', 'name of the HTTP error');
    const channel = await events.connect(`/default/${run}/x`);
    const second = await failure(channel.publish(1, { authMode: 'apiKey', apiKey: wrongKey }));
    check(second.message.includes('UnauthorizedException'), second.message);
    const third = await failure(
      channel.subscribe(
        { next: () => {}, error: () => {} },
        { authMode: 'apiKey', apiKey: wrongKey },
      ).ready,
    );
    check(
      JSON.stringify(third).includes('UnauthorizedException') ||
        String(third).includes('UnauthorizedException'),
      `ready: ${third} ${JSON.stringify(third)}`,
    );
    await channel.close();
  },

  'an event over 240 KiB is reported as failed': async () => {
    const failed = await events.post(`/default/${run}/large`, 'x'.repeat(250_000));
    equal(failed.length, 1, 'failed');
    equal(failed[0].code, 'EventTooLargeException', 'code');
  },

  'five events of 234 KiB of quotes pass over HTTP': async () => {
    const { channel, inbox } = await listen(`/plain/${run}/quotes`);
    await events.post(`/plain/${run}/quotes`, [quotes, quotes, quotes, quotes, quotes]);
    for (let i = 0; i < 5; ++i) check((await inbox.take()) === quotes, 'the event has changed');
    await channel.close();
  },

  'five events of 234 KiB of quotes pass over the socket': async () => {
    const { channel, inbox } = await listen(`/plain/${run}/quotes2`);
    await channel.publish([quotes, quotes, quotes, quotes, quotes]);
    for (let i = 0; i < 5; ++i) check((await inbox.take()) === quotes, 'the event has changed');
    await channel.close();
  },

  'a closed subscription gets nothing more': async () => {
    const first = await listen(`/default/${run}/closing`);
    const second = await listen(`/default/${run}/closing`);
    first.subscription.unsubscribe();
    // Once this publish has come back on the same socket, the unsubscribe is done.
    await second.channel.publish('fence');
    equal(await second.inbox.take(), 'fence', 'event');
    const before = first.inbox.size;
    await second.channel.publish('after');
    equal(await second.inbox.take(), 'after', 'event');
    equal(first.inbox.size, before, 'events of the closed subscription');
    await second.channel.close();
  },

  'subscriptions come back by themselves when the daemon has been restarted': async ({
    restart,
  }) => {
    const { channel, inbox } = await listen(`/default/${run}/restart`);
    await events.post(`/default/${run}/restart`, 'before');
    equal(await inbox.take(), 'before', 'event');
    await restart();
    let got;
    for (let i = 0; got === undefined && i < 60; ++i) {
      await events.post(`/default/${run}/restart`, `attempt ${i}`);
      got = await inbox.take('event', 1000).catch(() => undefined);
    }
    check(/^attempt /.test(got ?? ''), `after the restart: ${JSON.stringify(got)}`);
    await events.post(`/default/${run}/restart`, 'again');
    while (got !== 'again') got = await inbox.take();
    await channel.close();
  },

  'a connection with a wrong key is refused at once': async ({ wrongKey }) => {
    await events.closeAll();
    const error = await failure(
      events.connect(`/default/${run}`, { authMode: 'apiKey', apiKey: wrongKey }),
    );
    check(
      JSON.stringify(error).includes('UnauthorizedException') ||
        String(error).includes('UnauthorizedException') ||
        error.errorType === 'UnauthorizedException',
      `connect: ${error} ${JSON.stringify(error)}`,
    );
  },
};
