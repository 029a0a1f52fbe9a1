import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const { handlerContext } = /** @type {any} */ (ctx.identity) || {};
  if (!handlerContext || handlerContext.moderator !== '1') {
    util.unauthorized();
  }
  return ctx.events.map((event) => ({ ...event, payload: { ...event.payload, tenant: handlerContext.tenant } }));
}
