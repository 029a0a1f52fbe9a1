import { agg, createMySQLStatement, createPgStatement, insert, remove, select, sql, typeHint, update } from '@aws-appsync/utils/rds';

/** @param {Publish<string>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => ({ id, payload: statement(payload) }));
}

function statement(kind) {
  const any = /** @type {any} */ (null);
  switch (kind) {
    case 'raw':
      return createPgStatement('SELECT 1');
    case 'template':
      return createPgStatement(sql`insert into Post(id, text) values(${typeHint.UUID('u')}, ${'t'})`, sql`select * from Post where id = ${'u'}`);
    case 'alias':
      return createPgStatement(select({ table: { persons: 'p' } }));
    case 'hints':
      return createPgStatement(insert({ table: 't', values: { a: typeHint.DECIMAL(1.5), b: typeHint.JSON('{}'), c: typeHint.TIMESTAMP('2023-02-01'), d: typeHint.TIME('10:00'), e: typeHint.DATE('2023-02-01') } }));
    case 'aggregates':
      return createPgStatement(select({ table: 'orders', columns: ['buyer', { total: agg.sum('price') }, agg.countDistinct('item')], groupBy: ['buyer', 2], having: { price: { sum: { gt: 5 } } } }));
    case 'joins':
      return createPgStatement(select({ from: 'a', leftJoin: [{ from: 'b', on: { 'a.id': { eq: 1 } } }], innerJoin: [{ from: 'c', using: ['id'] }] }));
    case 'nested':
      return createPgStatement(select({ from: { inner: select({ from: 'x', columns: ['id'], where: { id: { eq: 1 } } }) }, where: { id: { gt: 0 } } }));
    case 'mysql':
      return createMySQLStatement(update({ table: 't', values: { a: 1 }, where: { b: { eq: 2 } } }), remove({ table: 't', where: { a: { eq: 1 } } }));
    case 'mysql returning':
      return createMySQLStatement(insert({ table: 't', values: { a: 1 }, returning: '*' }));
    case 'no values':
      return createPgStatement(insert({ table: 't', values: any }));
    case 'no table':
      return createPgStatement(select(/** @type {any} */ ({})));
    case 'limit':
      return createPgStatement(select({ table: 't', limit: /** @type {any} */ ('many') }));
    case 'dir':
      return createPgStatement(select({ table: 't', orderBy: [{ column: 'a', dir: /** @type {any} */ ('up') }] }));
    case 'nothing':
      return createPgStatement(any);
    case 'number':
      return createPgStatement(/** @type {any} */ (5));
    default:
      return createPgStatement(select(/** @type {any} */ ('t')));
  }
}
