import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const tests = [ctx.identity === undefined, ctx.identity != null, ctx.identity?.['sub'] ?? 'nobody', Object.keys(ctx.identity || {}).length];
  if (ctx.info.channel.segments.length > 2) {
    return [{ id: ctx.events[0].id, payload: /** @type {any} */ (ctx.identity).sub }];
  }
  return ctx.events.map(({ id }) => ({ id, payload: { tests, type: util.authType() } }));
}
