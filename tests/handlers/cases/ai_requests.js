import { converse, invokeModel } from '@aws-appsync/utils/ai';

export const onPublish = {
  /** @param {Publish<{ ask: string, chat?: boolean }>} ctx */
  request(ctx) {
    const [{ payload }] = ctx.events;
    if (payload.chat) {
      return converse({ modelId: 'm', messages: [{ role: 'user', content: [{ text: payload.ask }] }], system: [{ text: 'be brief' }], inferenceConfig: { maxTokens: 10 } });
    }
    return invokeModel({ modelId: 'm', body: { prompt: payload.ask } });
  },
  /** @param {Publish} ctx */
  response(ctx) {
    if (ctx.error) {
      return ctx.events.map(({ id }) => ({ id, error: 'no answer' }));
    }
    return ctx.events.map(({ id }) => ({ id, payload: ctx.result.output.message.content[0].text }));
  },
};
