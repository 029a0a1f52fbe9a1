// Compares what a handler gave with what a case expects. In what is expected,
//   "~…"                 is a regular expression for a whole text
//   "$any"               is anything
//   {"$now": UNIT}       is a time not far from now: "iso", "ms" or "s"
import assert from 'node:assert/strict';

const SLACK_MS = 60000;

function isNow(value, unit) {
  const ms = unit === 'iso' ? Date.parse(value) : unit === 's' ? value * 1000 : value;
  return Math.abs(Date.now() - ms) < SLACK_MS;
}

// `expected` with what `actual` has wherever a rule of it holds, so that a difference is shown whole.
function resolve(actual, expected) {
  if (typeof expected === 'string' && expected.startsWith('~')) {
    return typeof actual === 'string' && new RegExp(`^(?:${expected.slice(1)})$`, 's').test(actual) ? actual : expected;
  }
  if (expected === '$any') return actual;
  if (expected === null || typeof expected !== 'object') return expected;
  if ('$now' in expected) return isNow(actual, expected.$now) ? actual : expected;
  if (Array.isArray(expected)) return expected.map((one, i) => resolve(actual?.[i], one));
  return Object.fromEntries(Object.keys(expected).map((key) => [key, resolve(actual?.[key], expected[key])]));
}

export function matches(actual, expected, what) {
  assert.deepEqual(actual, resolve(actual, expected), what);
}
