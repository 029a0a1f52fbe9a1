import { createPgStatement, select, toJsonObject, typeHint } from '@aws-appsync/utils/rds';

export const onSubscribe = {
  /** @param {Subscribe} ctx */
  request(ctx) {
    const [, room, user] = ctx.info.channel.segments;
    return createPgStatement(
      select({
        table: 'members',
        columns: ['id', 'name'],
        where: { or: [{ room: { eq: room } }, { id: { gt: 10 } }], user: { eq: typeHint.UUID(user) } },
        orderBy: [{ column: 'name' }, { column: 'id', dir: 'DESC' }],
        limit: 10,
        offset: 1,
      }),
    );
  },
  /** @param {Subscribe<string>} ctx */
  response(ctx) {
    const [rows] = toJsonObject(ctx.result);
    if (rows.length === 0) {
      util.unauthorized();
    }
    ctx.stash.rows = rows;
  },
};
