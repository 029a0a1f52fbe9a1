// Makes the steps of the scenario callable from the test.
import { steps } from '../amplify/scenario.js';

globalThis.stepNames = () => Object.keys(steps);
globalThis.playStep = async (name, context) => {
  try {
    await steps[name]({ ...context, restart: () => globalThis.restartDaemon() });
    return null;
  } catch (error) {
    return error?.stack ?? String(error);
  }
};
