export const onPublish = {
  request(ctx) {
    const { method, path, ...params } = ctx.events[0].payload;
    return { method, resourcePath: path, params };
  },
  response(ctx) {
    const { error, result, events } = ctx;
    return events.map((event) => (error ? { id: event.id, error: error.type } : { id: event.id, payload: result }));
  },
};
