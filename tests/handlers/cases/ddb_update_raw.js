import { util } from '@aws-appsync/utils';

/** Who is in a room, and since when. */
export const onSubscribe = {
  /** @param {Subscribe} ctx */
  request(ctx) {
    const [, room] = ctx.info.channel.segments;
    return {
      operation: 'UpdateItem',
      key: util.dynamodb.toMapValues({ room }),
      update: {
        expression: 'SET #last = :last, #count = if_not_exists(#count, :zero) + :one REMOVE #closed ADD #visits :one',
        expressionNames: { '#last': 'last', '#count': 'count', '#closed': 'closed', '#visits': 'visits' },
        expressionValues: util.dynamodb.toMapValues({ ':last': util.time.nowISO8601(), ':zero': 0, ':one': 1 }),
      },
      condition: { expression: 'attribute_not_exists(banned)' },
    };
  },
  /** @param {Subscribe} ctx */
  response(ctx) {
    if (ctx.error) {
      console.error(ctx.error.type, ctx.result);
      util.error('this room is closed', 'RoomClosed');
    }
    return ctx.result.count;
  },
};
