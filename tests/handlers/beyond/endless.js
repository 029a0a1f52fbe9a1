import { util } from '@aws-appsync/utils';

const KINDS = {
  loop: () => { for (;;) {} },
  caught: () => { for (;;) { try { for (;;) {} } catch { } finally { } } },
  recursion: () => { const f = (n) => f(n + 1) + 1; return f(0); },
  allocation: () => { const all = []; for (;;) all.push(new Array(1000).fill(all.length)); },
  pattern: () => /^(a+)+$/.test(`${'a'.repeat(60)}b`),
  'java pattern': () => util.matches('^(a+)+$', `${'a'.repeat(60)}b`),
  array: () => Array.prototype.includes.call({ length: 2 ** 53 - 1 }, 1),
  text: () => { const all = []; for (;;) all.push('x'.repeat(1 << 20) + all.length); },
  promises: () => { const spin = () => Promise.resolve().then(spin); return spin(); },
  answer: () => 'x'.repeat(6 * 1024 * 1024),
  sort: () => new Array(1e6).fill(0).map(Math.random).sort(() => Math.random() - 0.5),
  json: () => JSON.stringify(new Array(1e7).fill('xxxxxxxxxx')),
};

export function onPublish(ctx) {
  return KINDS[ctx.events[0].payload]();
}
