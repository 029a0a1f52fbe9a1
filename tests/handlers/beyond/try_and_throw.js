import { util } from '@aws-appsync/utils';

export function onPublish(ctx) {
  const [{ id, payload }] = ctx.events;
  try {
    if (payload === 'throw') throw new Error('mine');
    if (payload === 'error') util.error('not to be caught', 'Stop');
    if (payload === 'unauthorized') util.unauthorized();
    if (payload === 'early') runtime.earlyReturn([{ id, payload: 'early' }]);
  } catch (caught) {
    return [{ id, payload: caught.message }];
  } finally {
    ctx.stash.passed = true;
  }
  if (payload === 'uncaught') throw new RangeError('out of bounds');
  return ctx.events;
}
