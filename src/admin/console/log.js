// A list of what came and went, newest first, that can be filtered, opened and paused.
import { clock, colouredJson, dayAndClock, h, number, bytes, pretty } from './dom.js';

const kept = 500;

// An entry: { at, mark, title, detail, text, size, colour?, actions? }; `text` is shown when opened.
export class Log {
  #list;
  #entries = []; // newest first
  #fresh = [];
  #filter = '';
  #paused = false;
  #due = false;
  #total = 0;
  #changed;
  #write;

  constructor(list, { changed = () => {}, days = false } = {}) {
    this.#list = list;
    this.#changed = changed;
    this.#write = days ? dayAndClock : clock;
  }

  get total() {
    return this.#total;
  }
  get isEmpty() {
    return this.#entries.length + this.#fresh.length === 0;
  }

  add(entry) {
    this.#total += 1;
    this.#fresh.unshift(entry);
    if (this.#fresh.length > kept) this.#fresh.length = kept;
    this.#draw();
  }

  // Puts others in the place of all there is; newest first.
  replace(entries) {
    this.clear();
    this.#total = entries.length;
    this.#fresh = entries.slice();
    this.#draw();
  }

  clear() {
    this.#entries = [];
    this.#fresh = [];
    this.#total = 0;
    this.#list.replaceChildren();
    this.#changed();
  }

  filter(text) {
    this.#filter = text.toLowerCase();
    this.#list.replaceChildren(
      ...this.#entries.filter((entry) => this.#matches(entry)).map((entry) => this.#row(entry)),
    );
    this.#changed();
  }

  pause(paused) {
    this.#paused = paused;
    if (!paused) this.#draw();
    this.#changed();
  }

  get waiting() {
    return this.#paused ? this.#fresh.length : 0;
  }

  countText() {
    if (this.waiting) return `${number(this.waiting)} more while paused`;
    if (this.#total > this.#entries.length)
      return `newest ${number(this.#entries.length)} of ${number(this.#total)}`;
    return this.#total ? number(this.#total) : '';
  }

  #matches(entry) {
    return (
      !this.#filter ||
      `${entry.title} ${entry.detail ?? ''} ${entry.text}`.toLowerCase().includes(this.#filter)
    );
  }

  // Once a frame of the screen, however much arrives.
  #draw() {
    if (this.#due) return;
    this.#due = true;
    requestAnimationFrame(() => {
      this.#due = false;
      if (!this.#paused) {
        const fresh = this.#fresh;
        this.#fresh = [];
        this.#entries = fresh.concat(this.#entries).slice(0, kept);
        this.#list.prepend(
          ...fresh.filter((entry) => this.#matches(entry)).map((entry) => this.#row(entry)),
        );
        while (this.#list.childElementCount > kept) this.#list.lastElementChild.remove();
      }
      this.#changed();
    });
  }

  #row(entry) {
    const summary = h(
      'summary',
      {},
      h('time', {}, this.#write(entry.at)),
      h('span', { class: `mark ${entry.mark}` }, marks[entry.mark] ?? entry.mark),
      h('span', { class: `title ${entry.colour ?? ''}` }, entry.title),
      h('span', { class: 'detail' }, entry.detail ?? ''),
      h('span', { class: 'size' }, entry.size ? bytes(entry.size) : ''),
    );
    const details = h('details', {}, summary);
    // Most are never opened.
    details.addEventListener('toggle', () => {
      if (!details.open || details.childElementCount > 1) return;
      details.append(h('pre', {}, colouredJson(pretty(entry.text))));
      if (entry.actions) details.append(h('div', { class: 'row' }, entry.actions()));
    });
    return h('li', {}, details);
  }
}

const marks = { in: 'in', out: 'out', note: '•', event: '' };
