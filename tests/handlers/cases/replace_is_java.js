/** @param {Publish<[string, string, string]>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload: [text, pattern, by] }) => ({
    id,
    payload: [text.replace(pattern, by), text.replaceAll(pattern, by)],
  }));
}
