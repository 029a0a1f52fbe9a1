/* An audit stamp that a NONE data source hands back. */
export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    return { payload: { channel: ctx.info.channel.path, count: ctx.events.length } };
  },
  /** @param {Publish} ctx */
  response(ctx) {
    return ctx.events.map((event) => ({ id: event.id, payload: { ...event.payload, audit: ctx.result } }));
  },
};
