import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id }) => ({
    id,
    payload: { uuid: util.autoId(), ulid: util.autoUlid(), ksuid: util.autoKsuid(), differ: util.autoId() !== util.autoId() },
  }));
}
