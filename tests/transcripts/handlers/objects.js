// Handlers with a data source: what request gives, response gets.
import { util, runtime } from '@aws-appsync/utils';

let calls = 0;

export const onPublish = {
  request(ctx) {
    calls += 1;
    const how = ctx.info.channel.segments[1];
    if (how === 'early') {
      runtime.earlyReturn([ctx.events[0]]);
    }
    if (how === 'void') {
      return undefined;
    }
    if (how === 'wrong') {
      return 'text';
    }
    if (how === 'refuse') {
      util.error('Before asking');
    }
    ctx.stash.note = 'kept';
    ctx.events[0].payload = 'changed';
    return { payload: { seen: ctx.events.length, calls, before: ctx.result } };
  },
  response(ctx) {
    calls += 1;
    return ctx.events.map((event) => ({
      id: event.id,
      payload: { event: event.payload, result: ctx.result, stash: ctx.stash, error: ctx.error ?? null, calls },
    }));
  },
};

export const onSubscribe = {
  request: (ctx) => ({ payload: ctx.info.channel.segments }),
  response: (ctx) => {
    if (ctx.result.includes('closed')) {
      util.unauthorized();
    }
  },
};
