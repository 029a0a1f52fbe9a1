/** @param {Subscribe} ctx */
export const onSubscribe = (ctx) => {
  const [, room] = ctx.info.channel.segments;
  if (room === 'text') {
    return 'a text is ignored';
  }
  if (room === 'result') {
    return ctx.result;
  }
  return { ignored: true };
};
