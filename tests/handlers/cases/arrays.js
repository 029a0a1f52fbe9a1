/** @param {Publish<number[]>} ctx */
export function onPublish(ctx) {
  return ctx.events.map(({ id, payload: a }) => {
    const b = a.slice(1, 3);
    b.push(9);
    b.unshift(0);
    const popped = b.pop();
    const shifted = b.shift();
    const cut = [1, 2, 3, 4];
    const removed = cut.splice(1, 2, 7);
    const seen = [];
    a.forEach((n, i) => seen.push(n * i));
    return {
      id,
      payload: {
        length: a.length, concat: a.concat([5], 6), fill: [0, 0].fill(1), flat: [1, [2, [3]]].flat(), indexOf: a.indexOf(1),
        join: a.join('-'), lastIndexOf: a.lastIndexOf(1), b, popped, shifted, removed, cut, seen,
        reverse: [1, 2].reverse(), sort: ['b', 'a', 'C'].sort(), slice: a.slice(-1),
        map: a.map((n) => n + 1), flatMap: a.flatMap((n) => [n, n]), filter: a.filter((n) => n > 1),
        reduce: a.reduce((all, n) => all + n), reduceRight: a.reduceRight((all, n) => `${all}${n}`, ''),
        find: a.find((n) => n > 1), some: a.some((n) => n > 2), every: a.every((n) => n > 0),
        findIndex: a.findIndex((n) => n > 1), findLast: a.findLast((n) => n < 3), findLastIndex: a.findLastIndex((n) => n < 3),
        includes: a.includes(3), isArray: [Array.isArray(a), Array.isArray({})],
      },
    };
  });
}
