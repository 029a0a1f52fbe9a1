// A line for the log never ends a handler, whatever is shown.
export function onPublish(ctx) {
  const cycle = {};
  cycle.self = cycle;
  console.log(cycle, 10n, Symbol('s'), new Error('an error'));
  console.log({ toJSON() { throw new Error('no JSON'); } });
  console.log(Object.create(null, { toString: { value() { throw new Error('no text'); } }, toJSON: { value() { throw 1; } } }));
  console.log([undefined], { a: undefined }, () => 1);
  return ctx.events;
}
