/** @param {Publish} ctx */
export function onPublish(ctx) {
  console.log('current id', ctx.events[0].id);
  console.error({ why: 'bad', at: [1, 2] });
    console.debug(JSON.stringify({ built: 'json' }), 5, true, null, undefined);
  console.info('i');
  console.warn('w', NaN);
  helper('deep');
  console.log(ctx);
  return [];
}

function helper(text) {
  console.log(text);
}
