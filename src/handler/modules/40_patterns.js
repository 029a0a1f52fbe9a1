// Java's regular expressions, by the engine's own (handlers rules 2.3 and 3.1).
const POSIX = { Alpha: 'a-zA-Z', Digit: '0-9', Alnum: 'a-zA-Z0-9', Upper: 'A-Z', Lower: 'a-z',
                Punct: '!-\\/:-@\\[-`{-~', Space: '\\s', Blank: ' \\t', XDigit: '0-9a-fA-F',
                ASCII: '\\x00-\\x7F', Cntrl: '\\x00-\\x1F\\x7F', Graph: '!-~', Print: ' -~' };
const JAVA_ESCAPES = { a: '\\x07', e: '\\x1B', A: '(?<![\\s\\S])', z: '(?![\\s\\S])',
                       Z: '(?=\\n?(?![\\s\\S]))', R: '(?:\\r\\n|[\\n\\v\\f\\r\\x85\\u2028\\u2029])' };
const HORIZONTAL = ' \\t\\xA0\\u1680\\u2000-\\u200A\\u202F\\u205F\\u3000';
const SYNTAX = '^$\\.*+?()[]{}|/';

function quotePattern(text) {
  return text.replace(/[.*+?^${}()|[\]\\\/]/g, '\\$&');
}

// What stands at the backslash at `at`: the engine's spelling and where it ends.
function javaEscape(given, at, inClass, found) {
  const rest = given.slice(at);
  const quoted = /^\\Q([\s\S]*?)(?:\\E|$)/.exec(rest);
  if (quoted) return [quotePattern(quoted[1]), at + quoted[0].length];
  const property = /^\\([pP])\{(\w+)\}/.exec(rest);
  if (property) {
    const end = at + property[0].length;
    const [, letter, name] = property;
    if (Object.hasOwn(POSIX, name)) {
      if (letter === 'P') return [`[^${POSIX[name]}]`, end];
      return [inClass ? POSIX[name] : `[${POSIX[name]}]`, end];
    }
    found.unicode = true;
    return [`\\${letter}{${name.replace(/^Is/, '')}}`, end];
  }
  const code = /^\\x\{([0-9a-fA-F]{1,6})\}/.exec(rest);
  if (code) {
    found.unicode = true;
    return [`\\u{${code[1]}}`, at + code[0].length];
  }
  const next = given[at + 1];
  if (next === undefined) return ['\\', at + 1];  // does not compile
  if (next === 'h') return [inClass ? HORIZONTAL : `[${HORIZONTAL}]`, at + 2];
  if (Object.hasOwn(JAVA_ESCAPES, next)) return [JAVA_ESCAPES[next], at + 2];
  const plain = /[A-Za-z0-9]/.test(next) || SYNTAX.includes(next) || next > '\x7f' ||
                (inClass && next === '-');
  return [plain ? `\\${next}` : `\\x${hex(next.charCodeAt(0))}`, at + 2];
}

// Null when the pattern has no counterpart here.
function javaPattern(pattern, flags) {
  const given = String(pattern);
  const found = { unicode: false };
  let all = flags;
  let out = '';
  let inClass = false;
  let at = 0;
  const inline = /^\(\?([idmsux]+)\)/.exec(given);
  if (inline) {
    at = inline[0].length;
    for (const flag of inline[1]) if ('ims'.includes(flag) && !all.includes(flag)) all += flag;
  }
  while (at < given.length) {
    const c = given[at];
    if (c === '\\') {
      const [text, end] = javaEscape(given, at, inClass, found);
      out += text;
      at = end;
    } else if (inClass) {
      inClass = c !== ']';
      out += c;
      at += 1;
    } else if (c === '[') {
      inClass = true;
      const negated = given[at + 1] === '^' ? '^' : '';
      out += c + negated;
      at += 1 + negated.length;
      if (given[at] === ']') {  // a member, where it stands first
        out += '\\]';
        at += 1;
      }
    } else if (c === '(' && given[at + 1] === '?') {
      const atomic = given[at + 2] === '>';  // backtracks here
      out += atomic ? '(?:' : '(?';
      at += atomic ? 3 : 2;
    } else {
      out += c;
      at += 1;
      if (c === '*' || c === '+' || c === '?' || c === '}') {
        if (given[at] === '?') {
          out += '?';
          at += 1;
        } else if (given[at] === '+') {
          at += 1;  // a possessive quantifier: the greedy one
        }
      }
    }
  }
  try {
    return new RegExp(out, found.unicode ? `${all}u` : all);
  } catch {
    return null;
  }
}

util.matches = function matches(pattern, value) {
  const compiled = javaPattern(pattern, '');
  if (compiled === null) throw new TypeError(`not a regular expression: ${pattern}`);
  return compiled.test(String(value));
};

// A replacement in Java's spelling ($1, \$) in the engine's.
function javaReplacement(text) {
  return String(text).replace(/\\([\s\S])|\$(\d)|\$\{(\w+)\}|\$/g, (whole, literal, group, name) => {
    if (literal !== undefined) return literal === '$' ? '$$' : literal;
    if (group !== undefined) return group === '0' ? '$&' : `$${group}`;
    if (name !== undefined) return `$<${name}>`;
    return '$$';
  });
}

const nativeReplace = String.prototype.replace;
const nativeReplaceAll = String.prototype.replaceAll;
const isPlain = (text) => typeof text === 'string' && !/[\^$\\.*+?()[\]{}|]/.test(text);
function patched(native, flags) {
  return function (pattern, replacement) {
    if (typeof pattern !== 'string') return native.call(this, pattern, replacement);
    if (isPlain(pattern) && isPlain(replacement)) return native.call(this, pattern, replacement);
    const by = typeof replacement === 'function' ? replacement : javaReplacement(replacement);
    const compiled = javaPattern(pattern, flags);
    if (compiled === null) return native.call(this, pattern, by);
    return nativeReplace.call(this, compiled, by);
  };
}
// Applied in 90_differences.js, behind all that the library itself replaces.
const patchedReplace = patched(nativeReplace, '');
const patchedReplaceAll = patched(nativeReplaceAll, 'g');
