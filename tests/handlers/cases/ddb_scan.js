import { scan } from '@aws-appsync/utils/dynamodb';

export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    return ctx.events[0].payload === 'all' ? scan({}) : scan({ limit: 10, nextToken: 'abc', index: 'i', totalSegments: 4, segment: 1, filter: { n: { gt: 1 } }, consistentRead: false });
  },
  /** @param {Publish} ctx */
  response: (ctx) => [{ id: ctx.events[0].id, payload: ctx.result.scannedCount }],
};
