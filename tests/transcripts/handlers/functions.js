// Handlers as functions. The second segment of the channel says what is shown.
import { util, runtime } from '@aws-appsync/utils';

const refuse = (event) => {
  if (event.payload === 'refuse') {
    util.error('From within a callback');
  }
};

export function onPublish(ctx) {
  const how = ctx.info.channel.segments[1];
  const events = ctx.events;
  switch (how) {
    case 'filter':
      return events.filter((event) => event.payload.keep);
    case 'transform':
      return events.map((event) => ({
        id: event.id,
        payload: { was: event.payload, path: ctx.info.channel.path, in: ctx.info.channelNamespace.name, by: ctx.info.operation },
      }));
    case 'reverse':
      return [events[2], events[1], events[0]];
    case 'errors':
      return events.map((event) => ({ ...event, error: event.payload.problem ?? null }));
    case 'holes':
      return [null, events[0], null];
    case 'empty':
      return [];
    case 'null':
      return null;
    case 'nothing':
      return undefined;
    case 'unknown':
      return [{ id: 'unknown', payload: 1 }];
    case 'twice':
      return [events[0], events[0]];
    case 'object':
      return { events };
    case 'number':
      return [1];
    case 'bare':
      return [{ id: events[0].id }];
    case 'text':
      return [{ id: events[0].id, payload: 'a "text"' }];
    case 'large':
      return events.map((event) => ({ id: event.id, payload: event.payload.repeat(250000) }));
    case 'error':
      return util.error('Not today');
    case 'typed':
      return util.error('Not today', 'Closed', { seen: false });
    case 'callback':
      events.forEach(refuse);
      return events;
    case 'unauthorized':
      return util.unauthorized();
    case 'crash':
      return ctx.identity.sub;
    case 'loop':
      for (;;) {
        runtime.never;
      }
    case 'early':
      return runtime.earlyReturn([events[0]]);
    case 'append':
      util.appendError('For the log', 'Warning');
      return events;
    case 'headers':
      return [{ id: events[0].id, payload: ctx.request.headers['x-team'] ?? null }];
    case 'slow':
      return events[0].payload === 'slow' ? work(events) : events;
    default:
      return events;
  }
}

// Some milliseconds of work.
function work(events) {
  let sum = 0;
  for (let i = 0; i < 300000; i += 1) {
    sum += i;
  }
  return sum > 0 ? events : null;
}

export function onSubscribe(ctx) {
  const how = ctx.info.channel.segments[1];
  switch (how) {
    case 'error':
      return util.error('Members only');
    case 'typed':
      return util.error('Members only', 'Closed');
    case 'unauthorized':
      return util.unauthorized();
    case 'crash':
      return ctx.events.length;
    case 'wild':
      return ctx.info.channel.segments.includes('*') ? util.error('No wildcards') : null;
    default:
      return 'ignored';
  }
}
