// Runs steps of the scenario in a Node process of its own; the parent says which, over IPC.
import WebSocket from 'ws';

globalThis.WebSocket ??= WebSocket; // Node 20 has none
const { steps } = await import(process.env.EVENTSD_E2E_SCENARIO ?? './scenario.js');

let restarted;
const context = {
  restart: () =>
    new Promise((resolve) => {
      restarted = resolve;
      process.send({ restart: true });
    }),
};

process.on('message', async (message) => {
  if (message.context) Object.assign(context, message.context);
  if (message.restarted) restarted();
  if (!message.step) return;
  try {
    await steps[message.step](context);
    process.send({ done: message.step });
  } catch (error) {
    process.send({ done: message.step, error: error?.stack ?? String(error) });
  }
});
process.on('disconnect', () => process.exit());
// The short form leaves out what waits for amplify's reconnection delay.
const names = Object.keys(steps).filter(
  (name) => process.env.EVENTSD_E2E_STEPS !== 'short' || !name.includes('restarted'),
);
process.send({ steps: names });
