import { util } from '@aws-appsync/utils';
import * as ddb from '@aws-appsync/utils/dynamodb';

export const onPublish = {
  /** @param {Publish<{ text: string, tags?: string[] }>} ctx */
  request(ctx) {
    /** @type {any} */
    const item = {};
    const [{ id, payload }] = ctx.events;
    const tags = payload.tags ? ddb.toStringSet(payload.tags) : null;
    Object.assign(item, payload, { tags, at: 12 });
    return ddb.put({
      key: { id },
      item,
      condition: { id: { attributeExists: false } },
    });
  },
  /** @param {Publish} ctx */
  response(ctx) {
    const { error, result } = ctx;
    if (error?.type === 'DynamoDB:ConditionalCheckFailedException') {
      return ctx.events.map(({ id }) => ({ id, error: 'sent before' }));
    }
    if (error) {
      util.error(error.message, error.type, result);
    }
    return [{ id: result.id, payload: result }];
  },
};
