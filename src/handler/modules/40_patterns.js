// Java's regular expressions, by the engine's own (handlers rules 2.3 and 3.1).
// Null when the pattern has no counterpart here.
function javaPattern(pattern, flags) {
  let given = String(pattern);
  let all = flags;
  const inline = /^\(\?([imsu]+)\)/.exec(given);
  if (inline) {
    given = given.slice(inline[0].length);
    for (const flag of inline[1]) if ('ims'.includes(flag) && !all.includes(flag)) all += flag;
  }
  given = given.replace(/\\Q([\s\S]*?)(?:\\E|$)/g, (whole, text) => quotePattern(text))
    .replace(/\\A/g, '^').replace(/\\[zZ]/g, '$').replace(/\\h/g, '[ \\t\\xA0]')
    .replace(/\\p\{Alpha\}/g, '[a-zA-Z]').replace(/\\p\{Digit\}/g, '[0-9]')
    .replace(/\\p\{Alnum\}/g, '[a-zA-Z0-9]').replace(/\\p\{Upper\}/g, '[A-Z]')
    .replace(/\\p\{Lower\}/g, '[a-z]').replace(/\\p\{Punct\}/g, '[!-\\/:-@\\[-`{-~]')
    .replace(/\\p\{Space\}/g, '\\s')
    .replace(/([*+?}])\+/g, '$1');  // possessive quantifiers: the greedy ones
  try {
    return new RegExp(given, all);
  } catch {
    return null;
  }
}
function quotePattern(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
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
    if (group !== undefined) return `$${group}`;
    if (name !== undefined) return `$<${name}>`;
    return '$$';
  });
}

const nativeReplace = String.prototype.replace;
const nativeReplaceAll = String.prototype.replaceAll;
function patched(native, flags) {
  return function (pattern, replacement) {
    if (typeof pattern !== 'string') return native.call(this, pattern, replacement);
    const compiled = javaPattern(pattern, flags);
    if (compiled === null) return native.call(this, pattern, replacement);
    const by = typeof replacement === 'function' ? replacement : javaReplacement(replacement);
    return nativeReplace.call(this, compiled, by);
  };
}
// Applied in 90_differences.js, behind all that the library itself replaces.
const patchedReplace = patched(nativeReplace, '');
const patchedReplaceAll = patched(nativeReplaceAll, 'g');
