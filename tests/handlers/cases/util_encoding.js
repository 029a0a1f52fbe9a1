import { util } from '@aws-appsync/utils';

/** @param {Publish<string>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => {
    const url = util.urlEncode(payload);
    const base64 = util.base64Encode(payload);
    return {
      id,
      payload: { url, urlBack: util.urlDecode(url) === payload, base64, base64Back: util.base64Decode(base64) === payload, js: util.escapeJavaScript(payload) },
    };
  });
}
