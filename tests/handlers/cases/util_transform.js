import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const { transform } = util;
  return ctx.events.map(({ id, payload }) => ({
    id,
    payload: {
      filter: JSON.parse(transform.toDynamoDBFilterExpression(payload)),
      condition: transform.toDynamoDBConditionExpression({ version: { eq: 10 } }),
      search: JSON.parse(transform.toElasticsearchQueryDSL({ upvotes: { ne: 15, range: [10, 20] }, title: { eq: 'a', wildcard: 'h*' }, and: [{ n: { gt: 1 } }], or: [{ m: { exists: true } }], not: { k: { match: 'x' } } })),
      subscription: transform.toSubscriptionFilter({ a: { eq: 1 }, or: [{ b: { gt: 2 } }, { c: { in: ['x'] } }], gone: { eq: 0 } }, ['gone']),
    },
  }));
}
