// Elements, and how values are written.

// An element with attributes, event functions (onclick…) and children; texts become text nodes.
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith('on')) element.addEventListener(name.slice(2), value);
    else if (name === 'class') element.className = value;
    else if (value === true) element.setAttribute(name, '');
    else element.setAttribute(name, value);
  }
  element.append(
    ...children.flat().filter((child) => child !== null && child !== undefined && child !== false),
  );
  return element;
}

export const byId = (id) => document.getElementById(id);

export function svg(tag, attributes = {}, ...children) {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

export function show(element, visible) {
  element.hidden = !visible;
}

// Into the clipboard. Browsers offer the first way on localhost and over https only.
export async function copy(text) {
  if (navigator.clipboard) return navigator.clipboard.writeText(text);
  const area = h('textarea', { class: 'copied', readonly: true, 'aria-hidden': 'true' });
  area.value = text;
  const focused = document.activeElement;
  document.body.append(area);
  area.select();
  document.execCommand('copy');
  area.remove();
  focused?.focus();
}

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];
export function bytes(count) {
  let unit = 0;
  let value = count;
  while (value >= 1024 && unit < units.length - 1) {
    value /= 1024;
    unit += 1;
  }
  const digits = unit === 0 || value >= 100 || Number.isInteger(value) ? 0 : 1;
  return `${value.toFixed(digits)} ${units[unit]}`;
}

const grouped = new Intl.NumberFormat('en');
export const number = (value) => grouped.format(value);

export function rate(value) {
  if (value === 0) return '0';
  if (value < 0.1) return '< 0.1';
  return value < 100 ? value.toFixed(1) : number(Math.round(value));
}

// "12:03:44.120", in the reader's time zone.
export function clock(time) {
  const date = new Date(time);
  const two = (n) => String(n).padStart(2, '0');
  return `${two(date.getHours())}:${two(date.getMinutes())}:${two(date.getSeconds())}.${String(date.getMilliseconds()).padStart(3, '0')}`;
}

// The same with its day, unless that is today.
export function dayAndClock(time) {
  const date = new Date(time);
  const two = (n) => String(n).padStart(2, '0');
  const today = date.toDateString() === new Date().toDateString();
  return today
    ? clock(time)
    : `${date.getFullYear()}-${two(date.getMonth() + 1)}-${two(date.getDate())} ${clock(time)}`;
}

const spans = [
  ['d', 86400],
  ['h', 3600],
  ['min', 60],
  ['s', 1],
];
// "5 min", "1 h 20 min": its two largest parts.
export function duration(seconds) {
  const at = spans.findIndex(([, length]) => seconds >= length);
  if (at < 0) return '0 s';
  const [unit, length] = spans[at];
  const rest = Math.floor((seconds % length) / (spans[at + 1]?.[1] ?? 1));
  const more = at + 1 < spans.length && rest > 0 ? ` ${rest} ${spans[at + 1][0]}` : '';
  return `${Math.floor(seconds / length)} ${unit}${more}`;
}

// A table; columns: [title, class]. Rows: arrays of cells (texts or elements). The reader's place in
// it is kept, because it is drawn anew again and again.
export function table(box, columns, rows, nothing) {
  if (rows.length === 0) {
    box.replaceChildren(
      h('div', { class: 'empty' }, h('strong', {}, nothing[0]), h('span', {}, nothing[1])),
    );
    return;
  }
  const focused = box.contains(document.activeElement)
    ? document.activeElement.dataset.key
    : undefined;
  const head = h(
    'tr',
    {},
    columns.map(([title, name]) => h('th', { scope: 'col', class: name }, title)),
  );
  const body = rows.map((cells) =>
    h(
      'tr',
      {},
      cells.map((cell, i) => h('td', { class: columns[i][1] }, cell)),
    ),
  );
  box.replaceChildren(h('table', {}, h('thead', {}, head), h('tbody', {}, body)));
  if (focused) box.querySelector(`[data-key="${CSS.escape(focused)}"]`)?.focus();
}

const jsonToken =
  /("(?:\\.|[^"\\])*")(\s*:)?|\b(true|false|null)\b|-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/g;

// JSON text as coloured pieces.
export function colouredJson(text) {
  const pieces = [];
  let end = 0;
  for (const match of text.matchAll(jsonToken)) {
    if (match.index > end) pieces.push(text.slice(end, match.index));
    const kind = match[1] ? (match[2] ? 'j-name' : 'j-text') : match[3] ? 'j-word' : 'j-number';
    pieces.push(h('span', { class: kind }, match[1] ?? match[0]));
    if (match[2]) pieces.push(match[2]);
    end = match.index + match[0].length;
  }
  pieces.push(text.slice(end));
  return pieces;
}

// JSON text with line breaks, or the text as it is.
export function pretty(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
