import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export const onPublish = (ctx) => {
  const iam = /** @type {import('@aws-appsync/utils').AppSyncIdentityIAM} */ (ctx.identity);
  if (iam?.accountId !== '123456789012') {
    util.unauthorized();
  }
  const server = iam.cognitoIdentityId === null;
  return ctx.events.filter(() => server).map((event) => ({ ...event, payload: { arn: iam.userArn, name: iam.username, kind: util.authType() } }));
};
