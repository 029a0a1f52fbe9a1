class Counter {
  #n = 0;
  add(n) {
    this.#n += n;
    return this;
  }
  get value() {
    return this.#n;
  }
}
function* numbers() {
  yield 1;
  yield* [2, 3];
}

export function onPublish(ctx) {
  return ctx.events.map(({ id, payload }) => ({
    id,
    payload: [new Counter().add(2).add(3).value, [...numbers()], payload.match(/(\d+)-(\d+)/).slice(1), payload.replace(/\d/g, '#'), new Date(0).toISOString(), [...new Set([1, 1])], 2n ** 70n > 1n, String(5)],
  }));
}
