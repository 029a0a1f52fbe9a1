// docs/CLIENTS.md, as it stands, with npm's packages.
import { test } from 'node:test';
import assert from 'node:assert/strict';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { binary } from './support/daemon.js';
import { run } from './support/process.js';

const here = path.dirname(fileURLToPath(import.meta.url));

test('docs/CLIENTS.md does what it says', async () => {
  const { code, stdout, stderr } = await run('/usr/bin/python3', [
    path.join(here, '../ops/documents.py'), '--bin', binary(),
    '--node-modules', path.join(here, 'node_modules'), path.join(here, '../../docs/CLIENTS.md'),
  ]);
  assert.equal(code, 0, stdout + stderr);
});
