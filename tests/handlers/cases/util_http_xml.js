import { util } from '@aws-appsync/utils';

/** @param {Publish<{ xml: string }>} ctx */
export function onPublish(ctx) {
  const headers = util.http.copyHeaders(ctx.request.headers);
  util.http.addResponseHeader('x-trace', 'none');
  return ctx.events.map(({ id, payload: { xml } }) => ({
    id,
    payload: { headers, map: util.xml.toMap(xml), text: util.xml.toJsonString(xml), twice: util.xml.toJsonString(xml, true) },
  }));
}
