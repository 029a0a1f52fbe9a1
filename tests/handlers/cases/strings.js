/** @param {Publish<string>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload: s }) => ({
    id,
    payload: {
      length: s.length, charAt: s.charAt(1), concat: s.concat('!', '?'), endsWith: s.endsWith('c '), indexOf: s.indexOf('b'),
      lastIndexOf: s.lastIndexOf('b'), slice: s.slice(1, 3), split: s.split('.'), startsWith: s.startsWith(' a'),
      lower: s.toLowerCase(), upper: s.toUpperCase(), trim: s.trim(), trimEnd: s.trimEnd(), trimStart: s.trimStart(),
      includes: s.includes('b.'), substring: s.substring(3, 1), number: Number.isFinite(1) && !Number.isNaN(2),
    },
  }));
}
