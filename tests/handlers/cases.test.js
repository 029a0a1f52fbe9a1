// Each handler of a folder with the inputs, requests, answers and outcomes of the JSON file beside it.
// cases/ is APPSYNC_JS; beyond/ is what AppSync refuses: more of JavaScript, and handlers that
// have to be stopped.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { test } from 'node:test';
import { runCase } from './support/run_case.js';

for (const [folder, least] of [['cases', 40], ['beyond', 5]]) {
  const path = (name) => new URL(`./${folder}/${name}`, import.meta.url).pathname;
  const files = readdirSync(path('')).filter((name) => name.endsWith('.js')).sort();
  assert.ok(files.length >= least, `${files.length} handlers in ${folder}`);
  for (const file of files) {
    const { covers, cases } = JSON.parse(readFileSync(path(`${file}on`), 'utf8'));
    test(`${folder}/${file}`, { concurrency: availableParallelism() }, async (t) => {
      assert.ok(covers.length > 0 && cases.length > 0);
      await Promise.all(cases.map((given) => t.test(given.it, () => runCase(path(file), given))));
    });
  }
}
