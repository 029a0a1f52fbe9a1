import { batchDelete, batchGet, batchPut } from '@aws-appsync/utils/dynamodb';

export const onPublish = {
  /** @param {Publish<string>} ctx */
  request(ctx) {
    const keys = ctx.events.map(({ id }) => ({ id }));
    switch (ctx.events[0].payload) {
      case 'get':
        return batchGet({ tables: { posts: { keys, consistentRead: true, projection: ['id'] }, authors: { keys: [{ name: 'a', n: 1 }] } } });
      case 'delete':
        return batchDelete({ tables: { posts: keys } });
      default:
        return batchPut({ tables: { posts: keys, log: [{ at: 1, what: ['put'] }] } });
    }
  },
  /** @param {Publish} ctx */
  response(ctx) {
    const { data, unprocessedItems, unprocessedKeys } = ctx.result;
    const left = (unprocessedItems ?? unprocessedKeys).posts.length;
    return ctx.events.map(({ id }, i) => ({ id, payload: { was: data.posts[i], left } }));
  },
};
