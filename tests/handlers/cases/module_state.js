let calls = 0;
const seen = {};

export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    calls += 1;
    seen.request = true;
    ctx.stash.calls = calls;
    ctx.stash.list = [1, { deep: true }];
    ctx.events[0].payload = 'changed';
    return { payload: calls };
  },
  /** @param {Publish} ctx */
  response(ctx) {
    calls += 1;
    ctx.stash.list.push('more');
    return ctx.events.map(({ id, payload }) => ({ id, payload: { payload, calls, seen, stash: ctx.stash } }));
  },
};
