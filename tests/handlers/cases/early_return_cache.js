import { runtime } from '@aws-appsync/utils';
import { batchPut } from '@aws-appsync/utils/dynamodb';

/** Typing indicators are broadcast without being stored. */
export const onPublish = {
  /** @param {Publish} ctx */
  request(ctx) {
    if (ctx.info.channel.segments[1] === 'typing') {
      return runtime.earlyReturn(ctx.events, { skipTo: 'END' });
    }
    if (ctx.info.channel.segments[1] === 'silent') {
      runtime.earlyReturn();
    }
    return batchPut({ tables: { chat: ctx.events.map(({ id, payload }) => ({ id, ...payload })) } });
  },
  /** @param {Publish} ctx */
  response(ctx) {
    return ctx.result.data.chat.map(({ id, ...payload }) => ({ id, payload }));
  },
};
