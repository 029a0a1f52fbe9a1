import { createMySQLStatement, createPgStatement, select, sql } from '@aws-appsync/utils/rds';

/** @param {Publish<{ where: any, dialect?: string }>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload: { where, dialect } }) => {
    const columns = dialect === 'star' ? ['id', 'persons.*'] : undefined;
    const statement = select({ table: 'private.persons', columns, where: where === 'sql' ? sql`id = ${7} OR name = ${'x'}` : where });
    const { statements, variableMap } = dialect === 'mysql' ? createMySQLStatement(statement) : createPgStatement(statement);
    return { id, payload: [statements[0].replace('SELECT', 'S'), Object.values(variableMap)] };
  });
}
