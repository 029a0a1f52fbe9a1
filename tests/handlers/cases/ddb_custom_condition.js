import { util } from '@aws-appsync/utils';

// A document with a version: who writes over a newer one is judged by a function.
export const onPublish = {
  /** @param {Publish<{id: string, text: string, expected: number}>} ctx */
  request(ctx) {
    const { id, text, expected } = ctx.events[0].payload;
    return {
      operation: 'PutItem',
      key: util.dynamodb.toMapValues({ id }),
      attributeValues: util.dynamodb.toMapValues({ text, version: expected + 1 }),
      condition: {
        expression: 'attribute_not_exists(id) OR version = :expected',
        expressionValues: util.dynamodb.toMapValues({ ':expected': expected }),
        equalsIgnore: ['version'],
        consistentRead: true,
        conditionalCheckFailedHandler: {
          strategy: 'Custom',
          lambdaArn: 'arn:aws:lambda:us-east-1:000000000000:function:judge',
        },
      },
    };
  },
  /** @param {Publish} ctx */
  response({ events, error, result }) {
    const { id } = events[0];
    if (!error) return [{ id, payload: result }];
    const text = error.type === 'DynamoDB:ConditionalCheckFailedException' ? 'someone was faster' : error.message;
    return [{ id, error: text }];
  },
};
