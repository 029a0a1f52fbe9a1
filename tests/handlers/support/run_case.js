// Runs one case of a handler: request, the data source's answer, response, and what came of it.
import assert from 'node:assert/strict';
import { basename } from 'node:path';
import { contextOf, responseContext } from './context.js';
import { answer, earlyReturn } from './evaluate.js';
import { matches } from './match.js';

function escape(text) {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}

// Of what a case does not name there must be none.
function checkTraces(actual, { logs = [], stash = {}, outErrors = [] }, name) {
  // FILE stands for the module's name, ~ for the column.
  const shown = logs.map((line) => (line === '$any' ? line
    : `~${escape(line).replace('FILE', escape(name)).replace('~', '\\d+:')}`));
  matches(actual.logs, shown, 'log lines');
  matches(actual.stash, stash, 'stash');
  matches(actual.outErrors, outErrors, 'appended errors');
}

function checkOutcome(actual, given, name) {
  const shown = JSON.stringify(actual);
  if (given.unauthorized) {
    assert.equal(actual.error?.message, 'Unauthorized', shown);
  } else if (given.fails) {
    const { message, errorType } = actual.error ?? {};
    matches({ message, ...(errorType ? { errorType } : {}) }, given.fails, shown);
  } else if (given.crashes) {
    assert.match(actual.error?.message ?? shown, new RegExp(given.crashes.replace('FILE', escape(name))));
  } else {
    assert.equal(actual.error, undefined);
    if (given.returnsNothing) assert.equal('result' in actual, false, shown);
    else matches(actual.result, given.returns, 'result');
  }
}

export async function runCase(file, given) {
  const name = basename(file);
  const handler = given.on === 'subscribe' ? 'onSubscribe' : 'onPublish';
  const hasRequest = 'request' in given || given.requestsNothing;
  const first = hasRequest || given.object ? `${handler}.request` : handler;
  const context = contextOf(given);
  let actual = await answer(file, first, context);
  if (hasRequest) {
    assert.equal(actual.error, undefined);
    if (given.requestsNothing) assert.equal('result' in actual, false);
    else matches(actual.result, given.request, 'request');
    if (!('answer' in given)) return checkTraces(actual, given, name);
    const { logs, outErrors, stash } = actual;
    actual = await answer(file, `${handler}.response`, responseContext(given, stash, given.answer));
    actual.logs.unshift(...logs);
    actual.outErrors.unshift(...outErrors);
  }
  if ('earlyReturns' in given) {
    matches(await earlyReturn(file, first, context), given.earlyReturns, 'early return');
    checkOutcome(actual, { returns: given.earlyReturns }, name);
  } else {
    checkOutcome(actual, given, name);
  }
  return checkTraces(actual, given, name);
}
