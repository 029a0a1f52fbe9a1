export function onPublish(ctx) {
  let n = 0;
  while (n < 2000) n++;
  do { n--; } while (n > 1000);
  let odd = 0;
  outer: for (let i = 0; i < 10; i++) {
    for (;;) {
      if (i % 2) continue outer;
      break;
    }
    odd = ~i;
  }
  return ctx.events.map(({ id, payload }) => ({ id, payload: [n, odd, 'a' in payload, payload instanceof Object] }));
}
