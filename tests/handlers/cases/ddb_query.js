import { query } from '@aws-appsync/utils/dynamodb';

/** The last messages of a room, sent to whoever asks for them. */
/** @typedef {{ id: string, room: string, at: string, text: string, hidden: boolean }} Message */

export const onPublish = {
  /** @param {Publish<{ after?: string, page?: string }>} ctx */
  request(ctx) {
    const [{ payload }] = ctx.events;
    return query({
      query: { room: { eq: 'r1' }, at: { between: ['a', 'b'] } },
      index: 'byTime',
      limit: 20,
      nextToken: payload.page ?? null,
      scanIndexForward: false,
      filter: { hidden: { ne: true } },
      projection: /** @type {string[]} */ (['id', 'text']),
      select: 'SPECIFIC_ATTRIBUTES',
    });
  },
  /** @param {Publish<any, { items: any[], nextToken: string | null }>} ctx */
  response(ctx) {
    const { items, nextToken } = ctx.result;
    return ctx.events.map(({ id }) => ({ id, payload: { items: items.reverse(), more: nextToken !== null } }));
  },
};
