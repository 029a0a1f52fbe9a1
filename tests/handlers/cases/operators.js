/** @param {Publish<{ a: number, b: number, o?: { p?: number } }>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => {
    const { a, b, o } = payload;
    let sum = a;
    sum += b;
    sum -= 1;
    sum *= 2;
    const list = [...[a, b], ...[sum]];
    return {
      id,
      payload: {
        arithmetic: [a + b, a - b, a * b, a / b, a % b, a ** 2, -a, +b],
        compared: [a < b, a <= b, a > b, a >= b, a === b, a !== b],
        logical: [a && b, a || b, !a, a ?? b, o?.p ?? 'none', o?.['p']],
        bits: [a & b, a | b, a ^ b, a << 2, a >> 1, -1 >>> 28],
        types: [typeof a, typeof 'x', typeof true, typeof undefined, typeof {}, typeof onPublish, void 0],
        ternary: a > b ? 'more' : 'less',
        list,
        copy: { ...payload, o: { ...o } },
      },
    };
  });
}
