// Each authMode of aws-amplify: what is accepted and what is refused. Runs in Node and in browsers.
// `context`: { endpoint, credentials: { MODE: { options, session } }, wrong: { MODE: [same] } }, where
// `options` go to the calls and `session` is what the application's own providers return.
import { Amplify } from 'aws-amplify';
import { events } from 'aws-amplify/data';
import { Inbox } from '../support/inbox.js';

const run = Math.random().toString(36).slice(2, 10);
const refusal = { errorType: 'UnauthorizedException', message: 'You are not authorized to make this call.' };

function equal(actual, expected, what) {
  const a = JSON.stringify(actual),
    e = JSON.stringify(expected);
  if (a !== e) throw new Error(`${what}: expected ${e}, got ${a}`);
}

async function failure(promise) {
  let value;
  try {
    value = await promise;
  } catch (error) {
    return error;
  }
  throw new Error(`it should have failed, and gave ${JSON.stringify(value)}`);
}

// What amplify tells of each kind of refusal.
const posted = (error) => ({ name: error.name, status: error.response?.statusCode, body: JSON.parse(error.response?.body ?? 'null') });
const published = (error) => error.message ?? JSON.stringify(error);
const subscribed = (error) => error?.errors?.[0]?.message ?? error?.message ?? JSON.stringify(error);

// The application's session. A channel keeps the providers that it was opened with, so these stay.
let session = {};

function as({ endpoint }, mode, identity) {
  session = identity.session ?? {};
  const token = (text) => text && { toString: () => text, payload: JSON.parse(atob(text.split('.')[1].replaceAll('-', '+').replaceAll('_', '/'))) };
  Amplify.configure(
    { API: { Events: { endpoint, region: 'us-east-1', defaultAuthMode: mode } } },
    {
      Auth: {
        tokenProvider: { getTokens: async () => (session.token ? { accessToken: token(session.token) } : null) },
        credentialsProvider: {
          getCredentialsAndIdentityId: async () => (session.credentials ? { credentials: session.credentials } : undefined),
          clearCredentialsAndIdentityId: async () => {},
        },
      },
    },
  );
}

// amplify has one socket, and closes it some time after its last subscription has gone; what is asked
// over it in between is never answered. So a step has a runtime of its own (see the tests), and one
// subscription stands for as long as it lasts.
async function holdOpen(path, options) {
  const channel = await events.connect(path, options);
  await channel.subscribe({ next: () => {}, error: () => {} }).ready;
}

// The messages of a refused HTTP publish, socket publish and subscribe, on a connection that stands.
async function refusals(path, channel, options) {
  const observer = { next: () => {}, error: () => {} };
  return {
    post: posted(await failure(events.post(path, 1, options))),
    publish: published(await failure(channel.publish(1, options))),
    subscribe: subscribed(await failure(channel.subscribe(observer, options).ready)),
  };
}

const withMessage = {
  post: { name: 'UnauthorizedException', status: 401, body: { errors: [refusal] } },
  publish: 'Publish errors: UnauthorizedException',
  subscribe: `Connection failed: ${refusal.errorType}: ${refusal.message}`,
};
const withoutMessage = {
  post: { name: 'UnauthorizedException', status: 403, body: { errors: [{ errorType: refusal.errorType }] } },
  publish: 'Publish errors: UnauthorizedException',
  subscribe: 'Connection failed: UnauthorizedException: undefined',
};
const signatureDiffers = 'The request signature we calculated does not match the signature you provided.';

async function roundTrip(path, options) {
  const channel = await events.connect(path, options);
  const inbox = new Inbox();
  await channel.subscribe({ next: (m) => inbox.push(m.event), error: (e) => inbox.push(String(e)) }).ready;
  equal(await events.post(path, { over: 'http <&> é 😀' }, options), undefined, 'post');
  equal(await inbox.take(), { over: 'http <&> é 😀' }, 'the event of post');
  await channel.publish({ over: ['socket', '"<é>&'] });
  equal(await inbox.take(), { over: ['socket', '"<é>&'] }, 'the event of publish');
  await channel.close();
}

export function stepsFor(mode, name = mode) {
  const own = `/${mode.toLowerCase()}-only/${run}`;
  const begin = (context, identity) => {
    as(context, name, identity);
    return identity.options;
  };
  return {
    [`${name}: connect, subscribe and both publishes`]: async (context) => {
      const options = begin(context, context.credentials[mode]);
      await holdOpen(own, options);
      await roundTrip(own, options);
      await roundTrip(`/all/${run}-${name.toLowerCase()}`, options);
    },

    [`${name}: a namespace of other modes and one that does not exist answer alike`]: async (context) => {
      const options = begin(context, context.credentials[mode]);
      await holdOpen(own, options);
      for (const path of [`/${mode === 'oidc' ? 'userpool' : 'oidc'}-only/x`, '/nowhere/x']) {
        const channel = await events.connect(path, options);
        equal(await refusals(path, channel, options), withoutMessage, path);
        await channel.close();
      }
    },

    [`${name}: a wrong credential is refused for every operation`]: async (context) => {
      const options = begin(context, context.credentials[mode]);
      await holdOpen(own, options);
      for (const [what, wrong] of Object.entries(context.wrong[mode])) {
        as(context, name, context.credentials[mode]);
        const channel = await events.connect(own, options);
        as(context, name, wrong); // the connection stands; the operations bring the wrong one
        const got = await refusals(own, channel, wrong.options).catch((error) => {
          throw new Error(`${what}: ${error.message}`);
        });
        if (wrong.signature) {
          equal(got.post.name, 'BadRequestException', `${what}: post`);
          equal(got.post.status, 400, `${what}: post`);
          for (const text of [got.post.body.errors[0].message, got.subscribe])
            equal(text.includes(signatureDiffers), true, `${what}: ${text}`);
          equal(got.publish, 'Publish errors: BadRequestException', what);
          equal(got.subscribe.startsWith('Connection failed: BadRequestException: '), true, got.subscribe);
        } else {
          equal(got, withMessage, what);
        }
        await channel.close();
      }
    },

    [`${name}: a connection with a wrong credential is refused at once`]: async (context) => {
      for (const [what, wrong] of Object.entries(context.wrong[mode])) {
        const options = begin(context, wrong);
        const error = await failure(events.connect(own, options));
        const text = error.errors?.[0]?.message ?? error.message ?? JSON.stringify(error);
        const [type, code] = wrong.signature ? ['BadRequestException', 400] : ['UnauthorizedException', 401];
        equal(text.includes(type), true, `${what}: ${text} ${JSON.stringify(error)}`);
        if (error.errorCode) equal(error.errorCode, code, what);
      }
    },
  };
}

export const mixedSteps = {
  'a namespace whose publishers sign and whose subscribers have a key': async (context) => {
    const { apiKey, iam } = context.credentials;
    as(context, 'apiKey', { ...apiKey, session: iam.session });
    const path = `/iam-to-key/${run}`;
    const channel = await events.connect(path, apiKey.options);
    const inbox = new Inbox();
    await channel.subscribe({ next: (m) => inbox.push(m.event), error: () => {} }).ready;
    await events.post(path, 'http', { authMode: 'iam' });
    equal(await inbox.take(), 'http', 'event');
    await channel.publish('socket', { authMode: 'iam' });
    equal(await inbox.take(), 'socket', 'event');
    const observer = { next: () => {}, error: () => {} };
    equal(subscribed(await failure(channel.subscribe(observer, { authMode: 'iam' }).ready)), withoutMessage.subscribe, 'subscribe');
    equal(posted(await failure(events.post(path, 1, apiKey.options))), withoutMessage.post, 'post');
    equal(published(await failure(channel.publish(1, apiKey.options))), withoutMessage.publish, 'publish');
    await channel.close();
  },
};

export const steps = {
  ...stepsFor('apiKey'),
  ...stepsFor('userPool'),
  ...stepsFor('oidc'),
  ...stepsFor('iam'),
  ...stepsFor('lambda'),
  // `none` sends the token that the application gives, and what it is decides the daemon.
  ...stepsFor('lambda', 'none'),
  ...mixedSteps,
};
