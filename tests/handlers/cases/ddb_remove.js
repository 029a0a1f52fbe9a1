import { remove } from '@aws-appsync/utils/dynamodb';

export const onPublish = {
  /** @param {Publish<{ id: string, version: number }>} ctx */
  request(ctx) {
    const [{ payload }] = ctx.events;
    return remove({ key: { id: payload.id }, condition: { version: { eq: payload.version }, or: [{ owner: { beginsWith: 'a' } }, { owner: { attributeExists: false } }] } });
  },
  /** @param {Publish} ctx */
  response(ctx) {
    return ctx.events.map(({ id }) => ({ id, payload: { removed: ctx.result } }));
  },
};
