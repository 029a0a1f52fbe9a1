export const onPublish = {
  request(ctx) {
    return {
      operation: 'GET',
      path: `/${ctx.info.channel.segments[1]}/_search`,
      params: { queryString: { size: 1 }, body: { query: { match: ctx.events[0].payload } } },
    };
  },
  response(ctx) {
    const { error, result, events } = ctx;
    if (error) return events.map((event) => ({ id: event.id, error: `${error.type}: ${error.message}` }));
    return events.map((event) => ({ id: event.id, payload: result.hits.hits }));
  },
};
