const depth = (tree) => (Array.isArray(tree) ? 1 + Math.max(0, ...tree.map(depth)) : 0);
const twice = (f) => (x) => f(f(x));

export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => ({ id, payload: [depth(payload), twice((x) => x + 1)(1), [3, 1, 2].sort((a, b) => b - a), Math.max.apply(null, [1, 2])] }));
}
