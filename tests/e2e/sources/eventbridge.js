export const onPublish = {
  request(ctx) {
    return {
      operation: 'PutEvents',
      events: ctx.events.map((event) => ({ source: 'chat', detailType: 'said', detail: event.payload })),
    };
  },
  response(ctx) {
    const { error, result, events } = ctx;
    if (error) return events.map((event) => ({ id: event.id, error: error.type }));
    return events.map((event, i) => ({ id: event.id, payload: { ...event.payload, ...result.Entries[i] } }));
  },
};
