import { util } from '@aws-appsync/utils';

/** @param {Subscribe} ctx */
export function onSubscribe(ctx) {
  const { sub, issuer, claims } = /** @type {import('@aws-appsync/utils').AppSyncIdentityOIDC} */ (ctx.identity);
  const [, owner] = ctx.info.channel.segments;
  if (owner !== sub || !issuer.startsWith('https://') || (claims.scope ?? '').indexOf('events') < 0) {
    util.error(`${sub} may not read ${ctx.info.channel.path}`);
  }
}
