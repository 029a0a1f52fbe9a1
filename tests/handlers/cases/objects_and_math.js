/** @param {Publish<Record<string, number>>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => {
    const random = Math.random();
    return {
      id,
      payload: {
        assign: Object.assign({ a: 0 }, payload), entries: Object.entries(payload), hasOwn: Object.hasOwn(payload, 'b'),
        keys: Object.keys(payload), values: Object.values(payload),
        math: [Math.min(3, 1, 2), Math.max(3, 1, 2), Math.round(2.5), Math.floor(-1.5), Math.ceil(1.2)],
        random: random >= 0 && random < 1, finite: [Number.isFinite(payload.b), Number.isNaN(payload.c * 1)],
        shadow: { toString: 'own', constructor: 'own' },
      },
    };
  });
}
