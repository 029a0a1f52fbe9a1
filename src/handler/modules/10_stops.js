// util.error, util.unauthorized, util.appendError, runtime.earlyReturn: the host ends the call.
util.error = function error(message, type, data, errorInfo) {
  host.error(message, type, data, errorInfo);
};
util.unauthorized = function unauthorized() {
  host.unauthorized();
};
util.appendError = function appendError(message, type, data, errorInfo) {
  const entry = { message: message === undefined ? null : message };
  entry.errorType = type === undefined ? null : type;
  entry.data = data === undefined ? null : data;
  entry.errorInfo = errorInfo === undefined ? null : errorInfo;
  host.appendError(nativeStringify(entry));
};
const runtime = {
  earlyReturn: function earlyReturn(value) {
    host.earlyReturn(value);
  },
};
