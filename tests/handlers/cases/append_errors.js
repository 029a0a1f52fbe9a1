import { util } from '@aws-appsync/utils';

/** @param {Publish<{ to?: string }>} ctx */
export function onPublish(ctx) {
  return ctx.events.map((event) => {
    if (!event.payload.to) {
      util.appendError('no recipient', 'Incomplete', { id: event.id }, { missing: ['to'] });
      util.appendError('again');
    }
    return event;
  });
}
