import { util } from '@aws-appsync/utils';

/** @param {Subscribe} ctx */
export function onSubscribe(ctx) {
  const { segments } = ctx.info.channel;
  const who = ctx.identity?.['username'];
  switch (segments[1]) {
    case 'user':
      if (segments[2] !== who) {
        util.unauthorized();
      }
      break;
    case 'lobby':
      return;
    default:
      util.error(`no channel ${segments.slice(1).join('/')}`, 'NoSuchChannel', { segments }, { hint: 'lobby' });
  }
}
