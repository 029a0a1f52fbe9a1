import { util } from '@aws-appsync/utils';

const TABLE = 'messages';

export const onPublish = {
  /** @param {Publish} ctx */
  request: (ctx) => {
    const items = ctx.events.map(({ id, payload }) => util.dynamodb.toMapValues({ id, ...payload }));
    return { operation: 'BatchPutItem', tables: { [TABLE]: items } };
  },
  /** @param {Publish} ctx */
  response: (ctx) => {
    if (ctx.error) {
      return util.appendError(ctx.error.message, ctx.error.type, ctx.result);
    }
    return ctx.result.data[TABLE].map((item) => ({ id: item.id, payload: item }));
  },
};

/** @param {Subscribe} ctx */
export const onSubscribe = (ctx) => {
  if (ctx.info.channel.path.includes('*')) {
    util.error('no wildcards here', 'WildcardRefused');
  }
  return null;
};
