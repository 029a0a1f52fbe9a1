import { extensions, util } from '@aws-appsync/utils';

/** @param {Subscribe} ctx */
export function onSubscribe(ctx) {
  extensions.setSubscriptionFilter(util.transform.toSubscriptionFilter({ owner: { eq: 'ann' } }));
  extensions.invalidateSubscriptions({ subscriptionField: 'f', payload: {} });
  ctx.stash.type = util.authType();
}
