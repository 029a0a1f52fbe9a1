import { util } from '@aws-appsync/utils';

export const onPublish = {
  /** @param {Publish<{ lang: string, text: string }>} ctx */
  request(ctx) {
    const [{ payload }] = ctx.events;
    return {
      version: '2018-05-29',
      method: 'POST',
      resourcePath: `/translate/${util.urlEncode(payload.lang)}`,
      params: { query: { v: '2' }, headers: { 'content-type': 'application/json', ...util.http.copyHeaders(ctx.request.headers) }, body: { text: payload.text } },
    };
  },
  /** @param {Publish<any, { statusCode: number, headers: any, body: string }>} ctx */
  response(ctx) {
    if (ctx.error) {
      util.error(ctx.error.message, ctx.error.type);
    }
    const { statusCode, headers, body } = ctx.result;
    if (statusCode !== 200) {
      util.error(`status ${statusCode}`, 'Translation', body);
    }
    const { text } = JSON.parse(body);
    return ctx.events.map(({ id }) => ({ id, payload: { text, server: headers.server } }));
  },
};
