import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  return ctx.events;
}

/** @param {Subscribe} ctx */
export function onSubscribe(ctx) {
  if (ctx.info.channel.segments[1] === 'closed') {
    util.unauthorized();
  }
}
