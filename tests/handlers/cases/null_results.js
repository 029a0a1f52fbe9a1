/** @param {Publish<string>} ctx */
export function onPublish(ctx) {
  const kind = ctx.info.channel.segments[1];
  if (kind === 'null') {
    return null;
  }
  if (kind === 'nothing') {
    return;
  }
  return ctx.events.map((event) => (event.payload === 'skip' ? null : event));
}
