const later = async (x) => x + 1;

export async function onPublish(ctx) {
  const n = await later(1);
  return ctx.events.map(({ id }) => ({ id, payload: n }));
}

export const onSubscribe = () => new Promise(() => {});
