/** @param {Publish} ctx */
export function onPublish(ctx) {
  const [event] = ctx.events;
  switch (event.payload) {
    case 'unknown':
      return [{ id: 'nobody', payload: 1 }];
    case 'repeated':
      return [event, event];
    case 'object':
      return { id: event.id, payload: 1 };
    case 'text':
      return 'text';
    case 'no payload':
      return [{ id: event.id }];
    default:
      return [event];
  }
}
