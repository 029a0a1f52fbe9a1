// An issuer for end-to-end tests: user pools and OIDC issuers with real keys, signed by Node's own
// crypto, so that no code is shared with what is tested.
//
//   node tests/auth/issuer.mjs [--port N] [--cert FILE --key FILE]
//     prints "listening URL"; ends with its standard input
//   import { startIssuer } from '…/issuer.mjs'     the same inside a test
//
// Every path /POOL is an issuer of its own, all with the same keys:
//   GET  /POOL/.well-known/openid-configuration, /POOL/.well-known/jwks.json
//   POST /mint    {pool, alg, use, claims, header, lifetime} → {token}     all optional; see mint()
//   POST /rotate  {keep}     new keys; the old ones stay in the key set when keep is true
//   POST /down    {down}     while down, the GET pages answer 503
//   GET  /stats   {"requests": {PATH: count}}
import { createPublicKey, createHmac, constants, generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import http from 'node:http';
import https from 'node:https';
import { fileURLToPath } from 'node:url';

const CURVES = { ES256: 'P-256', ES384: 'P-384', ES512: 'P-521' };
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512'];

const encode = (value) => Buffer.from(typeof value === 'string' ? value : JSON.stringify(value)).toString('base64url');

let generation = 0;

// One RSA key serves RS and PS; each curve has its own.
function makeKeys() {
  generation += 1;
  const rsa = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey;
  const keys = { rsa: { kid: `rsa-${generation}`, key: rsa } };
  for (const [alg, namedCurve] of Object.entries(CURVES)) {
    keys[alg] = { kid: `${alg.toLowerCase()}-${generation}`, key: generateKeyPairSync('ec', { namedCurve }).privateKey };
  }
  return keys;
}

const jwk = ({ kid, key }) => ({ ...createPublicKey(key).export({ format: 'jwk' }), use: 'sig', kid });

function signature(alg, key, input) {
  const digest = `sha${alg.slice(2)}`;
  if (alg.startsWith('HS')) return createHmac(digest, key).update(input).digest();
  if (alg.startsWith('ES')) return sign(digest, Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' });
  if (alg.startsWith('PS')) {
    return sign(digest, Buffer.from(input), { key, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST });
  }
  return sign(digest, Buffer.from(input), key);
}

// Starts an issuer on a free port of loopback.
//   tls: {cert, key} as PEM, else plain http
// Returns {url, issuer(pool), mint(options), rotate({keep}), setDown(bool), stats(), close()}.
export async function startIssuer({ port = 0, tls } = {}) {
  let current = makeKeys();
  let retained = [];
  let down = false;
  const requests = {};
  let url;

  const issuer = (pool = '') => (pool ? `${url}/${pool}` : url);

  // A token as an issuer makes it: Cognito's claims, which OIDC does not mind. `claims` replace
  // others, null removes; `header` likewise; `key` (a secret for HS, else {kid, key}) signs instead.
  function mint({ pool = 'us-east-1_test', alg = 'RS256', use = 'access', sub = 'alice', clientId = 'web', lifetime = 3600, claims = {}, header = {}, key } = {}) {
    const now = Math.floor(Date.now() / 1000);
    const own = {
      iss: issuer(pool), sub, token_use: use, iat: now, auth_time: now, exp: now + lifetime, jti: randomUUID(),
      ...(use === 'id' ? { aud: clientId, 'cognito:username': sub } : { client_id: clientId, username: sub, azp: clientId }),
      ...claims,
    };
    const used = key ?? current[CURVES[alg] ? alg : 'rsa'];
    const head = { alg, typ: 'JWT', ...(used.kid ? { kid: used.kid } : {}), ...header };
    for (const part of [own, head]) for (const name of Object.keys(part)) if (part[name] === null) delete part[name];
    const input = `${encode(head)}.${encode(own)}`;
    return `${input}.${signature(alg, used.key ?? used, input).toString('base64url')}`;
  }

  function rotate({ keep = false } = {}) {
    retained = keep ? [...retained, ...Object.values(current)] : [];
    current = makeKeys();
  }

  function page(path) {
    const [, pool, name] = /^\/?(.*?)\/?\.well-known\/(openid-configuration|jwks\.json)$/.exec(path) ?? [];
    if (name === undefined) return undefined;
    if (name === 'jwks.json') return { keys: [...Object.values(current), ...retained].map(jwk) };
    const base = issuer(pool);
    return {
      issuer: base, jwks_uri: `${base}/.well-known/jwks.json`, response_types_supported: ['token'],
      subject_types_supported: ['public'], id_token_signing_alg_values_supported: ALGORITHMS,
    };
  }

  const commands = {
    '/mint': (body) => ({ token: mint(body) }),
    '/rotate': (body) => (rotate(body), {}),
    '/down': (body) => ((down = body.down), {}),
  };

  async function serve(request, response) {
    const path = request.url;
    requests[path] = (requests[path] ?? 0) + 1;
    let status = 200;
    let answer;
    if (request.method === 'POST') {
      let text = '';
      for await (const chunk of request) text += chunk;
      try {
        answer = commands[path]?.(JSON.parse(text || '{}'));
      } catch (error) {
        status = 400;
        answer = { error: String(error) };
      }
    } else if (path === '/stats') {
      answer = { requests };
    } else if (down) {
      status = 503;
      answer = {};
    } else {
      answer = page(path);
    }
    response.writeHead(answer === undefined ? 404 : status, { 'content-type': 'application/json' });
    response.end(JSON.stringify(answer ?? {}));
  }

  const server = tls ? https.createServer(tls, serve) : http.createServer(serve);
  await new Promise((listening, failed) => server.once('error', failed).listen(port, '127.0.0.1', listening));
  url = `${tls ? 'https' : 'http'}://127.0.0.1:${server.address().port}`;
  return {
    url,
    issuer,
    mint,
    rotate,
    setDown: (value) => (down = value),
    stats: () => ({ ...requests }),
    async close() {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = (name) => {
    const at = process.argv.indexOf(`--${name}`);
    return at < 0 ? undefined : process.argv[at + 1];
  };
  const cert = option('cert');
  const tls = cert ? { cert: readFileSync(cert), key: readFileSync(option('key')) } : undefined;
  const issuer = await startIssuer({ port: Number(option('port') ?? 0), tls });
  console.log(`listening ${issuer.url}`);
  process.stdin.resume().on('end', () => issuer.close());
}
