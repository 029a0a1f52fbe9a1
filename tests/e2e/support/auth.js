// A daemon with all five modes, and what it trusts: an issuer with real keys, a Lambda function
// that runs a handler file, and IAM users. Namespaces: one for each mode, `all`, and two whose
// publishers and subscribers differ.
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';
import { SignatureV4 } from '@smithy/signature-v4';
import WebSocket from 'ws';
import { Daemon, credentialProtocol, makeApiKey } from './daemon.js';
import { Inbox } from './inbox.js';
import { startIssuer } from '../../auth/issuer.mjs';
import { loadHandler, serveLambda } from '../../auth/lambda_invoke.mjs';

export const apiId = 'abcdefghijklmnopqrstuvwx01';
export const region = 'us-east-1';
export const pool = 'us-east-1_test';
export const modes = {
  apiKey: 'API_KEY',
  userPool: 'AMAZON_COGNITO_USER_POOLS',
  oidc: 'OPENID_CONNECT',
  iam: 'AWS_IAM',
  lambda: 'AWS_LAMBDA',
};

// What a client is told whose credential is not valid, and whose valid one does not suffice.
export const wrongCredential = {
  errorType: 'UnauthorizedException',
  message: 'You are not authorized to make this call.',
};
export const notAllowed = { errorType: 'UnauthorizedException' };
export const wrongSignature = {
  errorType: 'BadRequestException',
  message:
    'The request signature we calculated does not match the signature you provided. Check your ' +
    'AWS Secret Access Key and signing method. Consult the service documentation for details.',
};

const arn = `arn:aws:appsync:${region}:000000000000:apis/${apiId}`;
const allow = (Action, Resource = [arn, `${arn}/*`]) => ({ Effect: 'Allow', Action, Resource });
const policies = {
  everything: [allow('appsync:Event*')],
  reader: [allow(['appsync:EventConnect', 'appsync:EventSubscribe'])],
  denied: [
    allow('appsync:Event*'),
    { Effect: 'Deny', Action: 'appsync:Event*', Resource: `${arn}/channelNamespace/all` },
  ],
  temporary: [allow('appsync:Event*')],
};

function makeUsers() {
  return Object.entries(policies).map(([userName, policy]) => ({
    userName,
    accessKeyId: `AKID${userName.toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString('base64url'),
    ...(userName === 'temporary' ? { sessionToken: randomBytes(60).toString('base64') } : {}),
    policy,
  }));
}

// Starts everything. `change(settings)` may change the configuration.
export async function startAuth(change = () => {}) {
  const issuer = await startIssuer();
  const handler = fileURLToPath(new URL('../../auth/authorizer.cjs', import.meta.url));
  const lambda = await serveLambda(await loadHandler(handler));
  const key = makeApiKey();
  const users = makeUsers();
  const all = Object.values(modes);
  const only = (name, mode) => ({ name, publishAuthModes: [mode], subscribeAuthModes: [mode] });
  const settings = {
    region,
    api: {
      id: apiId,
      name: 'authorization',
      authProviders: [
        { authType: 'API_KEY' },
        { authType: 'AWS_IAM' },
        {
          authType: 'AMAZON_COGNITO_USER_POOLS',
          cognitoConfig: {
            userPoolId: pool,
            awsRegion: region,
            appIdClientRegex: '^web$',
            issuer: issuer.issuer(pool),
          },
        },
        {
          authType: 'OPENID_CONNECT',
          openIDConnectConfig: { issuer: issuer.issuer('oidc'), clientId: '^web$' },
        },
        {
          authType: 'AWS_LAMBDA',
          lambdaAuthorizerConfig: {
            authorizerUri: 'arn:aws:lambda:us-east-1:000000000000:function:auth',
            authorizerResultTtlInSeconds: 300,
            identityValidationExpression: '^[a-z0-9-]{3,60}$',
          },
        },
      ],
      connectionAuthModes: all,
      defaultPublishAuthModes: all,
      defaultSubscribeAuthModes: all,
      apiKeys: [{ id: key, description: 'e2e' }],
      channelNamespaces: [
        { name: 'all' },
        ...Object.entries(modes).map(([name, mode]) => only(`${name.toLowerCase()}-only`, mode)),
        { name: 'iam-to-key', publishAuthModes: ['AWS_IAM'], subscribeAuthModes: ['API_KEY'] },
        {
          name: 'pool-to-oidc',
          publishAuthModes: ['AMAZON_COGNITO_USER_POOLS'],
          subscribeAuthModes: ['OPENID_CONNECT'],
        },
      ],
    },
    lambda: { functions: { auth: { url: lambda.url } } },
    iam: { users },
  };
  change(settings);
  const daemon = await Daemon.start(settings);
  daemon.secrets.push(key, ...users.flatMap((u) => [u.secretAccessKey, u.sessionToken ?? u.secretAccessKey]));
  const user = (name) => {
    const { accessKeyId, secretAccessKey, sessionToken } = users.find((u) => u.userName === name);
    return { accessKeyId, secretAccessKey, ...(sessionToken ? { sessionToken } : {}) };
  };
  return {
    daemon, issuer, lambda, key, user,
    host: new URL(daemon.origin).host,
    // A token whose parts and signature must not appear in the log.
    mint(options) {
      const token = issuer.mint(options);
      daemon.secrets.push(token, token.split('.')[2]);
      return token;
    },
    // A token for the Lambda authorizer; what it begins with tells the function what to do.
    lambdaToken(prefix) {
      const token = `${prefix}-${randomBytes(8).toString('hex')}`;
      daemon.secrets.push(token);
      return token;
    },
    secret(text) {
      daemon.secrets.push(text);
      return text;
    },
    closeOthers: async () => {
      lambda.close();
      await issuer.close();
    },
  };
}

// SHA-256 in the form that AWS's signer asks for.
class Sha256 {
  constructor(secret) {
    this.hash = secret ? createHmac('sha256', secret) : createHash('sha256');
  }
  update(data) {
    this.hash.update(data);
  }
  async digest() {
    return new Uint8Array(this.hash.digest());
  }
}

// The headers that AWS's own signer makes for a request. `date` moves its clock.
export async function sign(credentials, { host, path = '/event', body = '{}', headers = {}, date, region: where = region }) {
  const signer = new SignatureV4({
    credentials, region: where, service: 'appsync', sha256: Sha256, applyChecksum: false,
  });
  const signed = await signer.sign(
    { method: 'POST', protocol: 'http:', hostname: host, path, query: {}, body, headers: { host, ...headers } },
    { signingDate: date ?? new Date() },
  );
  return signed.headers;
}

// The authorization object of a socket's operation, signed as aws-amplify does.
export const signOperation = (credentials, host, body = {}, options = {}) =>
  sign(credentials, {
    host,
    body: JSON.stringify(body),
    headers: {
      accept: 'application/json, text/javascript',
      'content-encoding': 'amz-1.0',
      'content-type': 'application/json; charset=UTF-8',
    },
    ...options,
  });

// A connection of npm's ws. `credentials` go as subprotocol, or as `headers` of the upgrade.
export async function open(daemon, { credentials, headers } = {}) {
  const url = `${daemon.origin.replace('http', 'ws')}/event/realtime`;
  const protocols = ['aws-appsync-event-ws'];
  if (credentials) protocols.push(credentialProtocol(credentials));
  const socket = new WebSocket(url, protocols, { headers });
  const inbox = new Inbox();
  socket.on('message', (data) => {
    const message = JSON.parse(data);
    if (message.type !== 'ka') inbox.push(message);
  });
  socket.on('close', (code) => inbox.push({ closed: code }));
  await new Promise((resolve, reject) => socket.once('open', resolve).once('error', reject));
  let ids = 0;
  const send = (message) => socket.send(JSON.stringify(message));
  // Sends one operation and resolves to its answer, without the id; data goes to `events`.
  const events = [];
  async function ask(message) {
    const id = `id-${++ids}`;
    send({ id, ...message });
    for (;;) {
      const answer = await inbox.take(`answer to ${message.type}`);
      if (answer.type === 'data') {
        events.push(JSON.parse(answer.event));
      } else {
        if (answer.id === id) delete answer.id;
        return answer;
      }
    }
  }
  const nextEvent = async () =>
    events.length ? events.shift() : JSON.parse((await inbox.take('event')).event);
  return { socket, inbox, send, ask, nextEvent };
}

// Connects and resolves to the first answer to connection_init.
export async function connectAnswer(daemon, how) {
  const connection = await open(daemon, how);
  connection.send({ type: 'connection_init' });
  const answer = await connection.inbox.take('answer to connection_init');
  if (answer.type === 'connection_error') {
    const { closed } = await connection.inbox.take('close');
    return { ...answer, closed };
  }
  connection.socket.close(1000);
  return answer;
}

// A publish over HTTP: { status, type, error }.
export async function post(daemon, channel, headers, events = ['1']) {
  const response = await fetch(`${daemon.origin}/event`, {
    method: 'POST',
    headers: { 'content-type': 'application/json', ...headers },
    body: JSON.stringify({ channel, events }),
  });
  const body = await response.json();
  return {
    status: response.status,
    ...(body.errors ? { type: response.headers.get('x-amzn-errortype'), error: body.errors[0] } : { successful: body.successful.length }),
  };
}

// The denials that the admin address tells of, newest first; its text is checked for secrets.
export async function decisions(daemon, readToken) {
  const response = await fetch(`${daemon.admin}/v1/authorization/decisions`, {
    headers: { authorization: `Bearer ${readToken}` },
  });
  const text = await response.text();
  if (response.status !== 200) throw new Error(`decisions: ${response.status} ${text}`);
  const told = daemon.secrets.filter((secret) => text.includes(secret)).length;
  if (told) throw new Error(`the decisions hold ${told} credentials`);
  return JSON.parse(text).decisions;
}
