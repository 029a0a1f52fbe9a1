// Where a text ceases to be JSON. Browsers do not agree on how to say it, and some do not say where.
const space = /[ \t\n\r]*/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const number = /-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const word = /true|false|null/y;

class Fault extends Error {
  constructor(at, message) {
    super(message);
    this.at = at;
  }
}

function take(pattern, text, at) {
  pattern.lastIndex = at;
  return pattern.exec(text)?.[0].length ?? 0;
}
const skip = (text, at) => at + take(space, text, at);

// The end of the value that begins at `at`.
function value(text, at, depth = 0) {
  if (depth > 128) throw new Fault(at, 'nested too deeply');
  const open = text[at];
  if (open === '{' || open === '[') return members(text, at, depth, open === '{');
  if (open === '"') return quoted(text, at);
  const length = take(number, text, at) || take(word, text, at);
  if (!length) throw new Fault(at, 'a value is expected');
  return at + length;
}

function quoted(text, at) {
  if (text[at] !== '"') throw new Fault(at, 'a name in double quotes is expected');
  const length = take(string, text, at);
  if (!length) throw new Fault(at, 'this text does not end, or holds what must be escaped');
  return at + length;
}

function members(text, begin, depth, named) {
  const end = named ? '}' : ']';
  let at = skip(text, begin + 1);
  if (text[at] === end) return at + 1;
  for (;;) {
    if (named) {
      at = skip(text, quoted(text, at));
      if (text[at] !== ':') throw new Fault(at, '“:” is expected');
      at = skip(text, at + 1);
    }
    at = skip(text, value(text, at, depth + 1));
    if (text[at] === end) return at + 1;
    if (text[at] !== ',') throw new Fault(at, `“,” or “${end}” is expected`);
    at = skip(text, at + 1);
  }
}

const blanks = /("(?:\\.|[^"\\])*")|\s+/g;

// The elements of an array, or the one value that the text is: as they are written, so that no number
// is changed, but without blanks. REQUIRES: the text is JSON.
export function elementsOf(text) {
  const compact = text.replaceAll(blanks, '$1');
  if (compact[0] !== '[') return [compact];
  const elements = [];
  for (let at = 1; compact[at] !== ']' && at < compact.length;) {
    const end = value(compact, at);
    elements.push(compact.slice(at, end));
    if (compact[end] !== ',') break;
    at = end + 1;
  }
  return elements;
}

// "Line 2, column 5: a value is expected", or null when the text is JSON.
export function faultOf(text) {
  try {
    const end = skip(text, value(text, skip(text, 0)));
    if (end < text.length) throw new Fault(end, 'nothing more is expected');
    return null;
  } catch (fault) {
    if (!(fault instanceof Fault)) throw fault;
    const before = text.slice(0, fault.at).split('\n');
    return `Line ${before.length}, column ${before.at(-1).length + 1}: ${fault.message}`;
  }
}
