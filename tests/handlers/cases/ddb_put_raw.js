import { util } from '@aws-appsync/utils';

export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    const [, room] = ctx.info.channel.segments;
    return {
      operation: 'PutItem',
      key: util.dynamodb.toMapValues({ id: util.autoId(), at: util.time.nowEpochMilliSeconds() }),
      attributeValues: util.dynamodb.toMapValues({ room, payload: ctx.events[0].payload, expireAt: util.time.nowEpochSeconds() }),
    };
  },
  /** @param {Publish} ctx */
  response: ({ events, result }) => events.map(({ id, payload }) => ({ id, payload: { ...payload, key: result.id } })),
};
