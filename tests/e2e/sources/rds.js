import { insert, select, createPgStatement, toJsonObject, typeHint, sql } from '@aws-appsync/utils/rds';

export const onPublish = {
  request(ctx) {
    const { id, text, price, tags } = ctx.events[0].payload;
    const values = { id: typeHint.UUID(id), text, price: typeHint.DECIMAL(price), tags: typeHint.JSON(JSON.stringify(tags)) };
    return createPgStatement(
      insert({ table: 'messages', values, returning: ['id', 'text', 'price'] }),
      sql`SELECT count(*) AS total, ${text}::text AS echo FROM messages WHERE tags @> ${typeHint.JSON('["a"]')}`,
    );
  },
  response(ctx) {
    const { error, result, events } = ctx;
    if (error) return events.map((event) => ({ id: event.id, error: `${error.type}: ${error.message}` }));
    const [inserted, counted] = toJsonObject(result);
    return events.map((event) => ({ id: event.id, payload: { inserted: inserted[0], counted: counted[0] } }));
  },
};

export const onSubscribe = {
  request() {
    return createPgStatement(select({ table: 'messages', columns: ['id'], limit: 1 }));
  },
  response(ctx) {
    if (ctx.error) util.error(ctx.error.message, ctx.error.type);
  },
};
