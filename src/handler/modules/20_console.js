// console: each argument as JSON, separated by spaces (handlers rule 7).
// A line's place is where the call begins; the engine tells where its arguments do.
function logger(level, name) {
  const width = `console.${name}`.length;
  return function log(...parts) {
    host.log(level, parts.map(show).join(' '), new Error().stack, width);
  };
}
const console = {
  log: logger('info', 'log'),
  info: logger('info', 'info'),
  warn: logger('info', 'warn'),
  debug: logger('debug', 'debug'),
  error: logger('error', 'error'),
};
