/** @param {Publish} event */
export function onPublish(event) {
  if (event.events.some(({ payload }) => payload === 'stop')) {
    return runtime.earlyReturn([]);
  }
  return event.events.map(({ id }) => ({ id, payload: util.time.epochMilliSecondsToISO8601(0) }));
}
