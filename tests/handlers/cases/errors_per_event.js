/** @param {Publish<{ n: number }>} ctx */
export function onPublish(ctx) {
  return ctx.events.map((event) => {
    const { n } = event.payload;
    if (n < 0) {
      return { id: event.id, error: 'n must not be negative' };
    }
    if (n === 0) {
      return { ...event, error: '' };
    }
    return { ...event, error: n > 100 ? 'too large' : null };
  });
}
