// Where the real runtime differs from every JavaScript engine (handlers rule 2.3).
JSON.parse = function parse(text, reviver) {
  try {
    return nativeParse(text, reviver);
  } catch {
    return '';
  }
};
String.prototype.replace = patchedReplace;
String.prototype.replaceAll = patchedReplaceAll;
