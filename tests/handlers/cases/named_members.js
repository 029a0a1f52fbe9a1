/** @param {Publish} ctx */
function ask(ctx) {
  return { payload: ctx.events.length };
}

/** @param {Publish} ctx */
function tell(ctx) {
  return ctx.events;
}

export const onPublish = { request: ask, response: tell };
