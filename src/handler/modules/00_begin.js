// The library that customers' code runs on. All files of this folder are one function, in the order
// of their names; each adds to `util`, `modules` or the built-in objects. What they share is frozen
// at the end, so nothing that one call does is seen by another.
(function (host) {
'use strict';
const modules = {};
const util = {};
const nativeParse = JSON.parse;
const nativeStringify = JSON.stringify;

// JSON text of anything, also of what JSON has no word for. A line for the log must not end a handler.
function show(value) {
  let text;
  try {
    text = nativeStringify(value);
    if (text === '{}' && value instanceof Error) text = undefined;
  } catch {
    text = undefined; // a cycle, a BigInt, a member that throws
  }
  if (text !== undefined) return text;
  try {
    return String(value);
  } catch {
    return '[object]';
  }
}
