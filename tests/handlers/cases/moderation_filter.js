import { util } from '@aws-appsync/utils';

const BLOCKED = ['spam', 'scam'];

/** @param {Publish<{ text: string, flagged?: boolean }>} ctx */
export function onPublish(ctx) {
  return ctx.events
    .filter(({ payload }) => !BLOCKED.some((word) => payload.text.toLowerCase().includes(word)))
    .map(({ id, payload }) => {
      const shout = util.matches('[A-Z]{5,}', payload.text);
      return { id, payload: { ...payload, flagged: shout } };
    });
}
