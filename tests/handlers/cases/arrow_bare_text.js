/** @param {Publish<string>} ctx */
export const onPublish = (ctx) =>
  ctx.events.map((event) => ({ id: event.id, payload: event.payload.toUpperCase() }));
