// AWS Signature Version 4, with the browser's own cryptography.
const text = new TextEncoder();
const hex = (buffer) =>
  [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const sha256 = async (message) => hex(await crypto.subtle.digest('SHA-256', text.encode(message)));

async function hmac(key, message) {
  const imported = await crypto.subtle.importKey(
    'raw',
    key,
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  return crypto.subtle.sign('HMAC', imported, text.encode(message));
}

// The headers of a signed POST: those given, in lower case, with x-amz-date and authorization.
//   signer   { accessKey, secretKey, sessionToken, region }
//   headers  must have host
export async function sign(signer, { path, body, headers }, now = new Date()) {
  if (!crypto.subtle) {
    throw new Error(
      'Signing needs a secure page: open the console as http://localhost or over https.',
    );
  }
  const date = now.toISOString().replace(/[-:]|\.\d{3}/g, '');
  const day = date.slice(0, 8);
  const all = { ...headers, 'x-amz-date': date };
  if (signer.sessionToken) all['x-amz-security-token'] = signer.sessionToken;
  const names = Object.keys(all).sort();
  const canonical = [
    'POST',
    path,
    '',
    ...names.map((name) => `${name}:${all[name].trim().replace(/ +/g, ' ')}`),
    '',
    names.join(';'),
    await sha256(body),
  ].join('\n');
  const scope = `${day}/${signer.region}/appsync/aws4_request`;
  const toSign = ['AWS4-HMAC-SHA256', date, scope, await sha256(canonical)].join('\n');
  let key = text.encode(`AWS4${signer.secretKey}`);
  for (const part of scope.split('/')) key = await hmac(key, part);
  const signature = hex(await hmac(key, toSign));
  return {
    ...all,
    authorization: `AWS4-HMAC-SHA256 Credential=${signer.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`,
  };
}
