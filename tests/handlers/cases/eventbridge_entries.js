export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    return {
      operation: 'PutEvents',
      events: ctx.events.map(({ payload }) => ({ source: ctx.info.channel.path, detail: { payload }, detailType: 'message', resources: ['r'], time: util.time.nowISO8601() })),
    };
  },
  /** @param {Publish} ctx */
  response(ctx) {
    const { Entries: entries, FailedEntryCount: failed } = ctx.result;
    return ctx.events.map(({ id, payload }, index) => {
      const { ErrorMessage: message } = entries[index];
      return message ? { id, error: message } : { id, payload: { ...payload, ...entries[index], failed } };
    });
  },
};
