// Identifiers, encodings and the small helpers of util (handlers rule 3.1).
const CROCKFORD = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';
const BASE62 = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz';
const KSUID_EPOCH = 1400000000;
const hex = (byte) => (byte < 16 ? '0' : '') + byte.toString(16);

util.autoId = function autoId() {
  const bytes = host.random(16);
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const text = bytes.map(hex).join('');
  return [text.slice(0, 8), text.slice(8, 12), text.slice(12, 16), text.slice(16, 20),
          text.slice(20)].join('-');
};

util.autoUlid = function autoUlid() {
  let time = Date.now();
  let out = '';
  for (let i = 0; i < 10; i += 1) {
    out = CROCKFORD[time % 32] + out;
    time = Math.floor(time / 32);
  }
  for (const byte of host.random(16)) out += CROCKFORD[byte % 32];
  return out;
};

util.autoKsuid = function autoKsuid() {
  let value = BigInt(Math.floor(Date.now() / 1000) - KSUID_EPOCH);
  for (const byte of host.random(16)) value = value * 256n + BigInt(byte);
  let out = '';
  for (let i = 0; i < 27; i += 1) {
    out = BASE62[Number(value % 62n)] + out;
    value /= 62n;
  }
  return out;
};

// UTF-8 of a text, and back. Half surrogate pairs become U+FFFD, as in Java's encoder.
function toBytes(text) {
  const bytes = [];
  for (const character of String(text)) {
    let code = character.codePointAt(0);
    if (code >= 0xd800 && code <= 0xdfff) code = 0xfffd;
    if (code < 0x80) {
      bytes.push(code);
    } else if (code < 0x800) {
      bytes.push(0xc0 | (code >> 6), 0x80 | (code & 63));
    } else if (code < 0x10000) {
      bytes.push(0xe0 | (code >> 12), 0x80 | ((code >> 6) & 63), 0x80 | (code & 63));
    } else {
      bytes.push(0xf0 | (code >> 18), 0x80 | ((code >> 12) & 63), 0x80 | ((code >> 6) & 63),
                 0x80 | (code & 63));
    }
  }
  return bytes;
}
function fromBytes(bytes) {
  let escaped = '';
  for (const byte of bytes) escaped += `%${hex(byte)}`;
  try {
    return decodeURIComponent(escaped);
  } catch {
    return bytes.map((byte) => (byte < 0x80 ? String.fromCharCode(byte) : '\ufffd')).join('');
  }
}

const UNRESERVED = /[A-Za-z0-9.\-*_]/;
util.urlEncode = function urlEncode(text) {
  let out = '';
  for (const byte of toBytes(text)) {
    const character = String.fromCharCode(byte);
    if (byte === 32) out += '+';
    else if (byte < 128 && UNRESERVED.test(character)) out += character;
    else out += `%${hex(byte).toUpperCase()}`;
  }
  return out;
};
util.urlDecode = function urlDecode(text) {
  const bytes = [];
  const given = String(text);
  for (let i = 0; i < given.length; i += 1) {
    const digits = given.slice(i + 1, i + 3);
    if (given[i] === '+') {
      bytes.push(32);
    } else if (given[i] === '%' && /^[0-9A-Fa-f]{2}$/.test(digits)) {
      bytes.push(parseInt(digits, 16));
      i += 2;
    } else {
      const code = given.codePointAt(i);
      bytes.push(...toBytes(String.fromCodePoint(code)));
      if (code > 0xffff) i += 1;
    }
  }
  return fromBytes(bytes);
};

const BASE64 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/';
function base64OfBytes(bytes) {
  let out = '';
  for (let i = 0; i < bytes.length; i += 3) {
    const group = (bytes[i] << 16) | ((bytes[i + 1] || 0) << 8) | (bytes[i + 2] || 0);
    out += BASE64[group >> 18] + BASE64[(group >> 12) & 63];
    out += i + 1 < bytes.length ? BASE64[(group >> 6) & 63] : '=';
    out += i + 2 < bytes.length ? BASE64[group & 63] : '=';
  }
  return out;
}
util.base64Encode = function base64Encode(text) {
  return base64OfBytes(toBytes(text));
};
util.base64Decode = function base64Decode(text) {
  const bytes = [];
  let bits = 0;
  let count = 0;
  for (const character of String(text)) {
    let value = BASE64.indexOf(character);
    if (character === '-') value = 62;
    if (character === '_') value = 63;
    if (value < 0) continue;
    bits = ((bits << 6) | value) & 0xffffff;
    count += 6;
    if (count >= 8) {
      count -= 8;
      bytes.push((bits >> count) & 255);
    }
  }
  return fromBytes(bytes);
};

const ESCAPES = { "'": "\\'", '"': '\\"', '\\': '\\\\', '/': '\\/', '\b': '\\b', '\f': '\\f',
                  '\n': '\\n', '\r': '\\r', '\t': '\\t' };
util.escapeJavaScript = function escapeJavaScript(text) {
  let out = '';
  const given = String(text);
  for (let i = 0; i < given.length; i += 1) {
    const code = given.charCodeAt(i);
    if (Object.hasOwn(ESCAPES, given[i])) out += ESCAPES[given[i]];
    else if (code >= 32 && code < 127) out += given[i];
    else out += `\\u${code.toString(16).toUpperCase().padStart(4, '0')}`;
  }
  return out;
};

util.str = {
  normalize: function normalize(text, form) {
    return String(text).normalize(String(form).toUpperCase());
  },
};

util.math = {
  roundNum: function roundNum(x) {
    return Math.round(x);
  },
  minVal: function minVal(a, b) {
    return Math.min(a, b);
  },
  maxVal: function maxVal(a, b) {
    return Math.max(a, b);
  },
  randomDouble: function randomDouble() {
    let value = 0;
    for (const byte of host.random(6)) value = (value + byte) / 256;
    return value;
  },
  randomWithinRange: function randomWithinRange(low, high) {
    return low + Math.floor(util.math.randomDouble() * (high - low + 1));
  },
};

const HOP_HEADERS = new Set(['transfer-encoding', 'connection', 'host', 'expect', 'keep-alive',
                             'upgrade', 'proxy-authenticate', 'proxy-authorization', 'te',
                             'content-length']);
function noEffect(name) {
  return function () {
    host.log('info', `${name} has no effect on Event APIs`, new Error().stack);
  };
}
util.http = {
  copyHeaders: function copyHeaders(headers) {
    const out = {};
    for (const name of Object.keys(headers || {})) {
      if (!HOP_HEADERS.has(name.toLowerCase())) out[name] = headers[name];
    }
    return out;
  },
  addResponseHeader: noEffect('util.http.addResponseHeader'),
  addResponseHeaders: noEffect('util.http.addResponseHeaders'),
};

util.authType = function authType() {
  const identity = host.identity();
  if (identity === undefined || identity === null) return 'API Key Authorization';
  if ('handlerContext' in identity) return 'Lambda Authorization';
  if ('userArn' in identity) return 'IAM Authorization';
  if ('defaultAuthStrategy' in identity) return 'User Pool Authorization';
  return 'Open ID Connect Authorization';
};
