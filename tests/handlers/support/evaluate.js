// eventsd evaluate as a function.
import { execFile } from 'node:child_process';
import { basename, dirname } from 'node:path';

const program = process.env.EVENTSD_BIN;

// {code, out, err} of one run; rejects when there is no program.
export function evaluate(file, name, context, { json = true } = {}) {
  const args = ['evaluate', basename(file), '--context', JSON.stringify(context), '--function', name];
  return new Promise((resolve, reject) => {
    const child = execFile(program, json ? [...args, '--json'] : args,
      { cwd: dirname(file), timeout: 30000, maxBuffer: 32 << 20 }, (error, out, err) => {
        if (error && typeof error.code !== 'number') reject(new Error(`${name}: ${error.message} ${err}`));
        else resolve({ code: error ? error.code : 0, out, err });
      });
    child.stdin.end();
  });
}

// The answer with its JSON texts parsed. `result` is absent for undefined.
export async function answer(file, name, context) {
  const { out, err } = await evaluate(file, name, context);
  if (out === '') throw new Error(`no answer: ${err}`);
  const { evaluationResult, error, logs, stash, outErrors } = JSON.parse(out);
  return {
    ...(evaluationResult === undefined ? {} : { result: JSON.parse(evaluationResult) }),
    ...(error ? { error } : {}),
    logs,
    stash: JSON.parse(stash),
    outErrors: JSON.parse(outErrors),
  };
}

// The value of runtime.earlyReturn; undefined when the function ended in another way.
export async function earlyReturn(file, name, context) {
  const { out } = await evaluate(file, name, context, { json: false });
  const at = out.indexOf('early return: ');
  if (at < 0) return undefined;
  const text = out.slice(at + 'early return: '.length);
  return text.trim() === 'undefined' ? null : JSON.parse(text);
}
