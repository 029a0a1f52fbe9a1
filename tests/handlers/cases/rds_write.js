import { createPgStatement, insert, remove, select, toJsonObject, update } from '@aws-appsync/utils/rds';

export const onPublish = {
  /** @param {Publish<{ op: string, name?: string, country?: string | null }>} ctx */
  request(ctx) {
    const [{ id, payload: { op, ...values } }] = ctx.events;
    switch (op) {
      case 'insert':
        return createPgStatement(insert({ table: 'persons', values, returning: '*' }));
      case 'update':
        return createPgStatement(update({ table: 'persons', values, where: { id: { eq: id } } }), select({ table: 'persons', where: { id: { eq: id } }, limit: 1 }));
      default:
        return createPgStatement(remove({ table: 'persons', where: { id: { eq: id } }, returning: ['id', 'name'] }));
    }
  },
  /** @param {Publish<any, string>} ctx */
  response(ctx) {
    if (ctx.error) {
      return util.error(ctx.error.message, ctx.error.type);
    }
    return ctx.events.map(({ id }) => ({ id, payload: toJsonObject(ctx.result) }));
  },
};
