// Makes the steps of two modes callable from the test.
import { stepsFor } from '../amplify/auth_scenario.js';

const steps = { ...stepsFor('userPool'), ...stepsFor('apiKey') };
globalThis.stepNames = () => Object.keys(steps);
globalThis.playStep = async (name, context) => {
  try {
    await steps[name](context);
    return null;
  } catch (error) {
    return error?.stack ?? String(error);
  }
};
