/** @param {Publish<string>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => {
    const parsed = JSON.parse(payload);
    return { id, payload: { blank: parsed === '', parsed, again: JSON.stringify({ parsed }) } };
  });
}
