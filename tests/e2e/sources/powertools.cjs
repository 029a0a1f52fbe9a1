// A function for behavior DIRECT, as one writes it with Powertools for AWS Lambda.
const { AppSyncEventsResolver, UnauthorizedException } = require('@aws-lambda-powertools/event-handler/appsync-events');

// It would print each error that a test provokes.
const silent = Object.fromEntries(['debug', 'info', 'warn', 'error'].map((level) => [level, () => {}]));
const app = new AppSyncEventsResolver({ logger: silent });

app.onPublish('/direct/each/*', (payload) => {
  if (payload.refuse) throw new RangeError('no room');
  return { ...payload, seen: true };
});
app.onPublish(
  '/direct/all/*',
  (events) => events.filter((event) => !event.payload.drop).reverse(),
  { aggregate: true },
);
app.onPublish(
  '/direct/closed/*',
  () => {
    throw new UnauthorizedException('not you');
  },
  { aggregate: true },
);
app.onSubscribe('/direct/*', () => undefined);
app.onSubscribe('/direct/secret/*', () => {
  throw new UnauthorizedException('not you');
});
app.onSubscribe('/direct/broken/*', () => {
  throw new Error('broken');
});

exports.handler = async (event, context) => app.resolve(event, context);
