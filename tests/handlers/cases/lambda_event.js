export const onPublish = {
  /** @param {Publish} ctx */
  request: (ctx) => ({ operation: 'Invoke', invocationType: 'Event', payload: ctx.events }),
  /** @param {Publish} ctx */
  response: (ctx) => (ctx.result === null ? ctx.events : []),
};
