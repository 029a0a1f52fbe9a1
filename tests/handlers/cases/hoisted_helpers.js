/*!
 * Counts words.
 * @licence Apache-2.0
 */
import { util } from '@aws-appsync/utils';

/** @param {Publish<{ text: string }>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(label);
}

const PREFIX = 'words';

function label({ id, payload }) {
  return { id, payload: `${PREFIX}: ${count(payload.text)}` };
}

function count(text) {
  const words = text.split(' ').filter((word) => word !== '');
  return util.math.maxVal(words.length, 0);
}
//# sourceMappingURL=data:application/json;base64,eyJ2ZXJzaW9uIjozLCJzb3VyY2VzIjpbXSwibWFwcGluZ3MiOiIifQ==
