import { util } from '@aws-appsync/utils';
import { batchPut } from '@aws-appsync/utils/dynamodb';

/** A chat: messages are stored with their sender and broadcast as they were stored. */
const TABLE = 'chat-messages';
const THREE_DAYS = 3 * 24 * 60 * 60;

export const onPublish = {
  /** @param {Publish<{ text: string }>} ctx */
  request(ctx) {
    const sender = ctx.identity?.['username'] ?? 'guest';
    const now = util.time.nowEpochSeconds();
    const channel = ctx.info.channel.path;
    ctx.stash.sender = sender;
    const items = ctx.events.map(({ id, payload }) => ({ channel, id, sender, text: payload.text.trim(), at: util.time.nowISO8601(), expireAt: now + THREE_DAYS }));
    return batchPut({ tables: { [TABLE]: items } });
  },
  /** @param {Publish} ctx */
  response(ctx) {
    if (ctx.error) {
      util.error(`messages of ${ctx.stash.sender} were not stored`, ctx.error.type);
    }
    return ctx.result.data[TABLE].map(({ expireAt, ...payload }) => ({ id: payload.id, payload }));
  },
};
