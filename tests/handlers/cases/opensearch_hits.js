import { util } from '@aws-appsync/utils';

export const onPublish = {
  /** @param {Publish<{ words: string }>} ctx */
  request(ctx) {
    const query = util.transform.toElasticsearchQueryDSL({ text: { match: ctx.events[0].payload.words } });
    return { operation: 'GET', path: '/messages/_search', params: { headers: {}, queryString: { size: '5' }, body: { from: 0, query: JSON.parse(query) } } };
  },
  /** @param {Publish} ctx */
  response(ctx) {
    if (ctx.error) {
      util.error('search failed', ctx.error.type);
    }
    const found = ctx.result.hits.hits.map((hit) => hit['_source']);
    return ctx.events.map(({ id }) => ({ id, payload: { total: ctx.result.hits.total.value, found } }));
  },
};
