/** @param {Publish} ctx */
export function onPublish(ctx) {
  ctx.events.forEach((event) => {
    if (event.payload.draft) {
      const refused = /** @type {any} */ (event);
      refused.error = 'drafts are not published';
    }
    event.payload.seen = true;
  });
  delete ctx.events[0].payload.secret;
  return ctx.events.reverse();
}
