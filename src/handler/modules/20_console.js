// console: each argument as JSON, separated by spaces (handlers rule 7).
function logger(level) {
  return function log(...parts) {
    host.log(level, parts.map(show).join(' '), new Error().stack);
  };
}
const console = {
  log: logger('info'),
  info: logger('info'),
  warn: logger('info'),
  debug: logger('debug'),
  error: logger('error'),
};
