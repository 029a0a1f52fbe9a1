import { util as tools, runtime, extensions } from '@aws-appsync/utils';
import * as ddb from '@aws-appsync/utils/dynamodb';
import { createPgStatement as pg, select } from '@aws-appsync/utils/rds';
import { invokeModel } from '@aws-appsync/utils/ai';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id }) => ({
    id,
    payload: {
      ddb: ddb.get({ key: { id } }),
      rds: pg(select({ table: 't' })),
      ai: invokeModel({ modelId: 'm', body: {} }),
      kinds: [typeof tools.error, typeof runtime.earlyReturn, typeof extensions.evictFromApiCache],
    },
  }));
}
