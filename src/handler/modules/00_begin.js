// The library that customers' code runs on. All files of this folder are one function, in the order
// of their names; each adds to `util`, `modules` or the built-in objects. What they share is frozen
// at the end, so nothing that one call does is seen by another.
(function (host) {
'use strict';
const modules = {};
const util = {};
const nativeParse = JSON.parse;
const nativeStringify = JSON.stringify;

// JSON text of anything, also of what JSON has no word for.
function show(value) {
  const text = nativeStringify(value);
  return text === undefined ? String(value) : text;
}
