export const version = 3;
export function helper(x) {
  return x * version;
}
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => ({ id, payload: helper(payload) }));
}
export default { ignored: true };
