// Authorization of an operation, in the form that each mode has.
import { sign } from './sigv4.js';

export const modeNames = {
  API_KEY: 'API key',
  AMAZON_COGNITO_USER_POOLS: 'Cognito user pool token',
  OPENID_CONNECT: 'OpenID Connect token',
  AWS_LAMBDA: 'Lambda authorizer token',
  AWS_IAM: 'IAM (signature)',
};

const harmless = new Set([
  'host',
  'accept',
  'x-amz-date',
  'content-type',
  'content-encoding',
  'x-amz-user-agent',
]);
const secret = new Set(['authorization', 'x-api-key', 'x-amz-security-token']);

// A frame's text as it may be shown.
export function masked(text) {
  let frame;
  try {
    frame = JSON.parse(text);
  } catch {
    return text;
  }
  if (frame === null || typeof frame !== 'object' || Array.isArray(frame)) return text;
  let found = false;
  for (const name of Object.keys(frame)) {
    if (!secret.has(name.toLowerCase())) continue;
    found = true;
    if (frame[name] === null || typeof frame[name] !== 'object') {
      frame[name] = '********';
      continue;
    }
    for (const header of Object.keys(frame[name])) {
      if (!harmless.has(header.toLowerCase())) frame[name][header] = '********';
    }
  }
  return found ? JSON.stringify(frame) : text;
}

const signedHeaders = (host) => ({
  accept: 'application/json, text/javascript',
  'content-encoding': 'amz-1.0',
  'content-type': 'application/json; charset=UTF-8',
  host,
});

function check(chosen) {
  if (chosen.mode === 'API_KEY' && !chosen.apiKey) throw new Error('An API key is needed.');
  if (chosen.mode === 'AWS_IAM') {
    if (!chosen.accessKey || !chosen.secretKey)
      throw new Error('An access key and its secret are needed.');
  } else if (chosen.mode !== 'API_KEY' && !chosen.token) {
    throw new Error('A token is needed.');
  }
}

// The `authorization` object of a WebSocket operation; `body` is what a signature covers.
export async function socketAuthorization(chosen, host, body) {
  check(chosen);
  if (chosen.mode === 'API_KEY') return { host, 'x-api-key': chosen.apiKey };
  if (chosen.mode === 'AWS_IAM')
    return sign(chosen, { path: '/event', body, headers: signedHeaders(host) });
  return { host, Authorization: chosen.token };
}

// The headers of an HTTP publish.
export async function httpHeaders(chosen, url, body) {
  check(chosen);
  const type = { 'content-type': 'application/json' };
  if (chosen.mode === 'API_KEY') return { ...type, 'x-api-key': chosen.apiKey };
  if (chosen.mode !== 'AWS_IAM') return { ...type, authorization: chosen.token };
  const signed = await sign(chosen, { path: url.pathname, body, headers: { host: url.host } });
  delete signed.host; // the browser's
  return { ...type, ...signed };
}
