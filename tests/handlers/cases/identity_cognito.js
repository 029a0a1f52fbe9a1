import { util } from '@aws-appsync/utils';

const ISSUER = 'https://cognito-idp.eu-west-1.amazonaws.com/eu-west-1_pool';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const identity = /** @type {import('@aws-appsync/utils').AppSyncIdentityCognito} */ (ctx.identity);
  const groups = identity.claims['cognito:groups'] ?? [];
  if (identity.issuer !== ISSUER || !groups.includes('writers')) {
    util.unauthorized();
  }
  return ctx.events.map((event) => ({
    id: event.id,
    payload: { ...event.payload, by: identity.username, sub: identity.sub, from: identity.sourceIp[0] },
  }));
}
