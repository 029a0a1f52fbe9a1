import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  ctx.stash.before = true;
  const checked = ctx.events.map(outer);
  ctx.stash.after = true;
  return checked;
}

function outer(event) {
  return [event].map(inner)[0];
}

function inner(event) {
  if (event.payload.kind === 'error') {
    util.error(`bad event ${event.id}`, 'BadEvent', event.payload);
  }
  if (event.payload.kind === 'secret') {
    util.unauthorized();
  }
  return event;
}
