import { util } from '@aws-appsync/utils';

export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    return { operation: 'Invoke', payload: { channel: ctx.info.channel.path, events: ctx.events, identity: ctx.identity ?? null } };
  },
  /** @param {Publish<any, any>} ctx */
  response(ctx) {
    if (ctx.error) {
      util.appendError(ctx.error.message, ctx.error.type);
      return [];
    }
    return ctx.result;
  },
};
