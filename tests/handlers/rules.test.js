// The handlers of cases/ are APPSYNC_JS: AppSync's lint rules and the types of its package hold.
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { test } from 'node:test';

function run(tool, ...args) {
  return new Promise((resolve) => {
    execFile(process.execPath, [`node_modules/${tool}`, ...args], { cwd: import.meta.dirname },
      (error, out, err) => resolve({ code: error ? error.code : 0, text: out + err }));
  });
}

test('the lint rules that AppSync recommends find nothing', async () => {
  const { code, text } = await run('eslint/bin/eslint.js', '--max-warnings=0', 'cases');
  assert.equal(code, 0, text);
});

test('and they are awake: they find what AppSync refuses', async () => {
  const { code, text } = await run('eslint/bin/eslint.js', 'beyond');
  assert.equal(code, 1, text);
  for (const rule of ['no-while', 'no-for', 'no-try', 'no-classes', 'no-recursion', 'no-async', 'no-regex']) {
    assert.ok(text.includes(`@aws-appsync/${rule}`), rule);
  }
});

test('they agree with the declarations of @aws-appsync/utils', async () => {
  const { code, text } = await run('typescript/bin/tsc', '--noEmit', '-p', '.');
  assert.equal(code, 0, text);
});
