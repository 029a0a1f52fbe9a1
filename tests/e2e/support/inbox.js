// Collects what arrives, in order; take() waits for the next item. Runs in Node and in browsers.
export class Inbox {
  #items = [];
  #waiting = [];

  push(item) {
    const waiting = this.#waiting.shift();
    if (waiting) waiting(item);
    else this.#items.push(item);
  }

  take(what = 'message', deadline = 30_000) {
    if (this.#items.length) return Promise.resolve(this.#items.shift());
    return new Promise((resolve, reject) => {
      const deliver = (item) => {
        clearTimeout(timer);
        resolve(item);
      };
      const timer = setTimeout(() => {
        this.#waiting = this.#waiting.filter((w) => w !== deliver);
        reject(new Error(`no ${what} in ${deadline} ms`));
      }, deadline);
      this.#waiting.push(deliver);
    });
  }

  get size() {
    return this.#items.length;
  }
}
