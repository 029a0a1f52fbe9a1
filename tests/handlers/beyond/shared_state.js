let kept = 0;

export function onPublish(ctx) {
  kept += 1;
  const tried = ['Array.prototype', 'globalThis', 'util', 'JSON'].map((name) => {
    const target = { 'Array.prototype': Array.prototype, globalThis, util, JSON }[name];
    try {
      target.poisoned = true;
    } catch (refused) {
      return refused.name;
    }
    return 'changed';
  });
  return ctx.events.map(({ id }) => ({ id, payload: [kept, tried, typeof globalThis.std, typeof globalThis.os, typeof require] }));
}
