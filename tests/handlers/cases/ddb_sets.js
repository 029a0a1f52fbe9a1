import { put, toBinarySet, toNumberSet, toStringSet } from '@aws-appsync/utils/dynamodb';

export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    return put({ key: { id: ctx.events[0].id }, item: { s: toStringSet(['a']), n: toNumberSet([1, 2]), b: toBinarySet(['AA==']), deep: { s: toStringSet(['z']) } } });
  },
  /** @param {Publish} ctx */
  response: (ctx) => [{ id: ctx.events[0].id, payload: [toStringSet(['a']), toNumberSet([1, 2]), toBinarySet(['AA=='])] }],
};
