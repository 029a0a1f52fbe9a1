/** @param {Publish} ctx */
export function onPublish(ctx) {
  const { info, request, channel } = ctx;
  return ctx.events.map(({ id, payload }) => ({
    id,
    payload: {
      info,
      channel,
      headers: request.headers,
      animal: request.headers.animal[1],
      domain: request.domainName,
      identity: typeof ctx.identity,
      env: ctx.env,
      stash: ctx.stash,
      was: payload,
    },
  }));
}

/** @param {Subscribe} ctx */
export function onSubscribe(ctx) {
  console.log(ctx.info.operation, ctx.info.channel.segments, typeof ctx['events']);
}
