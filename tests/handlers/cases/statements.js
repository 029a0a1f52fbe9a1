const KEY = 'computed';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload: { kind = 'none', tags = [], ...others } = {} }) => {
    const found = [];
    for (const tag of tags) {
      if (tag === 'end') {
        break;
      }
      found.push(tag);
    }
    for (const name in others) {
      found.push(name);
    }
    let label;
    switch (kind) {
      case 'a':
      case 'b':
        label = 'letter';
        break;
      case 'none':
        label = 'absent';
        break;
      default:
        label = `other: ${`nested ${kind}`}`;
    }
    const [first, , third = 'third', ...rest] = found;
    const total = sum(1, 2, ...[3, 4]);
    const add = (n, by = 10) => n + by;
    const id2 = id;
    return {
      id,
      payload: { label, first, third, rest, total, added: add(1), [KEY]: 1, [`${KEY}2`]: 2, id2, lines: `one
two` },
    };
  });
}

function sum(...numbers) {
  return numbers.reduce((all, n) => all + n, 0);
}
