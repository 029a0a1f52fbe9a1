import { operations, transactGet, transactWrite } from '@aws-appsync/utils/dynamodb';

export const onPublish = {
  /** @param {Publish<string>} ctx */
  request(ctx) {
    const key = { id: 'a' };
    if (ctx.events[0].payload === 'get') {
      return transactGet({ items: [{ table: 't', key, projection: ['id'] }, { table: 'u', key: { n: 1 } }] });
    }
    return transactWrite({
      items: [
        { putItem: { table: 't', key, item: { text: 'x' }, condition: { id: { attributeExists: false } } } },
        { updateItem: { table: 'u', key: { n: 1 }, update: { total: operations.increment(1) } } },
        { deleteItem: { table: 't', key: { id: 'b' } } },
        { conditionCheck: { table: 'u', key: { n: 2 }, condition: { open: { eq: true } } } },
      ],
    });
  },
  /** @param {Publish} ctx */
  response(ctx) {
    const { items, keys, cancellationReasons } = ctx.result ?? {};
    const reason = (cancellationReasons ?? []).find(({ type }) => type !== 'None');
    return ctx.events.map(({ id }) => (reason ? { id, error: reason.message } : { id, payload: items ?? keys }));
  },
};
