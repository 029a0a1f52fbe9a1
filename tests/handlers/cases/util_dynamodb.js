import { util } from '@aws-appsync/utils';

/** @param {Publish} ctx */
export function onPublish(ctx) {
  const d = util.dynamodb;
  return ctx.events.map(({ id, payload }) => ({
    id,
    payload: {
      any: d.toDynamoDB(payload),
      scalars: [d.toString('a'), d.toNumber(12345), d.toBinary('AA=='), d.toBoolean(false), d.toNull()],
      sets: [d.toStringSet(['foo', 'bar']), d.toNumberSet([1, 23, 4.56]), d.toBinarySet(['AA=='])],
      nulls: [d.toString(null), d.toNumber(undefined), d.toStringSet(null), d.toBoolean(null)],
      list: d.toList(['foo', 123, { bar: 'baz' }]),
      map: d.toMap({ foo: 'bar', beep: ['boop'] }),
      values: d.toMapValues({ foo: 'bar', n: 1, none: null, gone: undefined }),
      s3: [d.toS3Object('k', 'b', 'r'), d.toS3Object('k', 'b', 'r', 'v')],
      s3Back: d.fromS3ObjectJson('{"s3":{"key":"k","bucket":"b","region":"r","version":"v"}}'),
    },
  }));
}
