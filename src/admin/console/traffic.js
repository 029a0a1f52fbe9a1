// What came and went in the editor: events, and raw frames.
import { byId, show } from './dom.js';
import { Log } from './log.js';

const changed = () => {
  const log = byId('events').hidden ? frames : events;
  show(byId('log-empty'), log.isEmpty);
  byId('log-count').textContent = log.countText();
};
export const events = new Log(byId('events'), { changed: () => changed() });
export const frames = new Log(byId('frames'), { changed: () => changed() });

byId('log-filter').addEventListener('input', ({ target }) => {
  events.filter(target.value);
  frames.filter(target.value);
});
byId('log-clear').addEventListener('click', () => {
  events.clear();
  frames.clear();
});
byId('log-pause').addEventListener('click', ({ currentTarget }) => {
  const paused = currentTarget.getAttribute('aria-pressed') !== 'true';
  currentTarget.setAttribute('aria-pressed', String(paused));
  currentTarget.textContent = paused ? 'Go on' : 'Pause';
  events.pause(paused);
  frames.pause(paused);
});
for (const choice of document.querySelectorAll('[name=show]')) {
  choice.addEventListener('change', () => {
    const raw = document.querySelector('[name=show]:checked').value === 'frames';
    show(byId('events'), !raw);
    show(byId('frames'), raw);
    changed();
  });
}
