import { util } from '@aws-appsync/utils';

export const onPublish = {
  /** @param {Publish<{ n: number }>} ctx */
  request(ctx) {
    const rows = ctx.events.map(({ id, payload }) => `('${id}', ${payload.n})`).join(', ');
    return { statements: [`INSERT INTO numbers VALUES ${rows}`, 'SELECT count(*) AS n FROM numbers'], variableMap: {}, variableTypeHintMap: {} };
  },
  /** @param {Publish<any, string>} ctx */
  response(ctx) {
    console.log(ctx.result);
    const counted = util.rds.toJsonObject(ctx.result)?.[1];
    const broken = util.rds.toJsonObject('not a result');
    return ctx.events.map(({ id }) => ({ id, payload: { rows: counted[0].n, broken, raw: JSON.parse(ctx.result).sqlStatementResults.length } }));
  },
};
