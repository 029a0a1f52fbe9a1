import { operations, update } from '@aws-appsync/utils/dynamodb';

const { add, append, decrement, increment, prepend, remove, replace, updateListItem } = operations;

export const onPublish = {
  /** @param {Publish<string>} ctx */
  request(ctx) {
    const [event] = ctx.events;
    const key = { id: 'k' };
    switch (event.payload) {
      case 'increment':
        return update({ key, update: { age: increment(10) } });
      case 'decrement':
        return update({ key, update: { age: decrement() } });
      case 'append':
        return update({ key, update: { values: append([1, 2, 3]) } });
      case 'prepend':
        return update({ key, update: { values: prepend([1]) } });
      case 'replace':
        return update({ key, update: { values: replace({ a: 10 }) } });
      case 'remove':
        return update({ key, update: { title: 'T', old: remove(), older: remove() } });
      case 'list':
        return update({ key, update: { list: [updateListItem('x', 1), updateListItem('y', 3)] } });
      case 'nested':
        return update({ key, update: { profile: { name: 'N', age: 3 }, tags: ['a'], none: null } });
      default:
        return update({ key, update: { age: add(10), name: 'n', flag: true }, condition: { version: { eq: 4 } } });
    }
  },
  /** @param {Publish} ctx */
  response(ctx) {
    return ctx.error ? [{ id: ctx.events[0].id, error: ctx.error.message }] : [{ id: ctx.events[0].id, payload: ctx.result }];
  },
};
