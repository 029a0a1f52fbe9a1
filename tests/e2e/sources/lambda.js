export const onPublish = {
  request(ctx) {
    return {
      operation: 'Invoke',
      payload: { channel: ctx.info.channel.path, events: ctx.events },
      invocationType: ctx.info.channel.segments[1] === 'later' ? 'Event' : 'RequestResponse',
    };
  },
  response(ctx) {
    const { error, result, events } = ctx;
    if (error) return events.map((event) => ({ id: event.id, error: `${error.type}: ${error.message}` }));
    return events.map((event) => ({ id: event.id, payload: { ...event.payload, result } }));
  },
};
