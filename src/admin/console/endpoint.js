// Where the page's requests go, unless its reader says otherwise.
const loopback = (host) => ['localhost', '127.0.0.1', '[::1]'].includes(host);

// Where the public port is, as far as it can be known from here.
export function likelyEndpoint({ addresses, tls, apis }, page = location) {
  const [, bound, port] = /^(.*):(\d+)$/.exec(addresses[0]) ?? [null, 'localhost', '8080'];
  const domain = apis[0]?.domains[0];
  if (!loopback(page.hostname) && domain) return `${page.protocol}//${domain}/event`;
  const here = page.hostname === '[::1]' ? 'localhost' : page.hostname;
  const anywhere = bound === '0.0.0.0' || bound === '[::]' || loopback(bound);
  const scheme = tls.required || (tls.enabled && page.protocol === 'https:') ? 'https' : 'http';
  return `${scheme}://${anywhere ? here : bound}:${port}/event`;
}
