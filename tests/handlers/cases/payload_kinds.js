/** @param {Publish} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => {
    const kinds = { number: 1.5, list: [1, 'a', null], text: 'bare', truth: true, none: null };
    if (payload === 'odd') {
      return { id, payload: { gone: undefined, nan: NaN, infinite: Infinity, list: [undefined], big: 12345678901234567000 } };
    }
    return { id, payload: kinds[payload] };
  });
}
