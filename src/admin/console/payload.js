// The field for events: JSON, coloured and checked while it is written.
import { bytes, byId, colouredJson, pretty } from './dom.js';
import { elementsOf, faultOf } from './json_check.js';

let limits;

export function startPayload(given) {
  limits = given;
  byId('max-events').textContent = limits.maxEventsPerPublish;
  if (!byId('payload').value) byId('payload').value = pretty('{"message":"Hello"}');
  checkPayload();
}

// The events of the editor's text; throws what is wrong with it.
export function readEvents() {
  const text = byId('payload').value;
  if (!text.trim()) throw new Error('An event is needed: any JSON');
  const fault = faultOf(text);
  if (fault) throw new Error(fault);
  const texts = elementsOf(text);
  if (texts.length === 0) throw new Error('An empty list: nothing would be published');
  if (texts.length > limits.maxEventsPerPublish)
    throw new Error(`${texts.length} events; at most ${limits.maxEventsPerPublish} in one publish`);
  const size = (event) => new TextEncoder().encode(event).length;
  const long = texts.findIndex((event) => size(event) > limits.maxEventSize);
  if (long >= 0)
    throw new Error(
      `Event ${long + 1} has ${bytes(size(texts[long]))}; at most ${bytes(limits.maxEventSize)}`,
    );
  return { texts, size: texts.reduce((sum, event) => sum + size(event), 0) };
}

export function checkPayload() {
  const state = byId('payload-state');
  byId('payload-colours').replaceChildren(...colouredJson(byId('payload').value), '\n');
  try {
    const { texts, size } = readEvents();
    state.className = 'check good';
    state.textContent = `Valid JSON · ${texts.length === 1 ? '1 event' : `${texts.length} events`} · ${bytes(size)}`;
    byId('payload').removeAttribute('aria-invalid');
  } catch (error) {
    state.className = 'check bad';
    state.textContent = error.message;
    byId('payload').setAttribute('aria-invalid', 'true');
  }
}

byId('payload').addEventListener('input', checkPayload);
byId('payload').addEventListener('scroll', () => {
  byId('payload-colours').scrollTop = byId('payload').scrollTop;
  byId('payload-colours').scrollLeft = byId('payload').scrollLeft;
});
byId('payload').addEventListener('keydown', (event) => {
  if (event.key === 'Enter' && (event.ctrlKey || event.metaKey))
    byId('publish-form').requestSubmit();
});
byId('format').addEventListener('click', () => {
  byId('payload').value = pretty(byId('payload').value);
  checkPayload();
});
