import { get } from '@aws-appsync/utils/dynamodb';

export const onSubscribe = {
  /** @param {Subscribe} ctx */
  request(ctx) {
    const [, room, user] = ctx.info.channel.segments;
    return get({ key: { room, user }, consistentRead: true, projection: ['role', 'profile.names[1]', 'room'] });
  },
  /** @param {Subscribe<{ role: string } | null>} ctx */
  response(ctx) {
    if (!ctx.result) {
      util.unauthorized();
    }
    if (ctx.error) {
      util.error(ctx.error.message, ctx.error.type);
    }
  },
};
