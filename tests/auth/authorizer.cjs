// The Lambda authorizer of the tests, written as AWS's documentation shows one. The token says what
// is to happen: "allow-NAME", "ttl-SECONDS-NAME", "deny", "throw", "empty", "nested", "garbage".
exports.handler = async (event) => {
  const { authorizationToken: token, requestContext } = event;
  if (token === 'throw') throw new TypeError(`cannot read ${token}`);
  if (token === 'empty') return {};
  if (token === 'nested') return { isAuthorized: true, handlerContext: { user: { name: 'x' } } };
  if (token === 'garbage') return 'yes';
  if (token === 'subscribe-only') {
    return { isAuthorized: requestContext.operation !== 'EVENT_PUBLISH' };
  }
  const [kind, ...rest] = token.split('-');
  const name = rest.at(-1);
  if (kind === 'allow') return { isAuthorized: true, handlerContext: { user: name, admin: '1' } };
  if (kind === 'ttl') {
    return { isAuthorized: true, handlerContext: { user: name }, ttlOverride: Number(rest[0]) };
  }
  return { isAuthorized: false };
};
