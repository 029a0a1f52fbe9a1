// A stand-in for Lambda: serves the Invoke API for one handler file, CommonJS or ESM, that exports
// `handler(event, context)`. Node, no packages.
//   node lambda_invoke.mjs HANDLER_FILE [PORT]
// Prints its URL as the first line. GET /calls answers every event so far.
import http from 'node:http';
import path from 'node:path';
import { randomUUID } from 'node:crypto';
import { pathToFileURL } from 'node:url';

const maxPayload = 6 * 1024 * 1024;

export async function loadHandler(file) {
  const loaded = await import(pathToFileURL(path.resolve(file)).href);
  const handler = loaded.handler ?? loaded.default?.handler;
  if (typeof handler !== 'function') throw new Error(`${file} exports no function "handler"`);
  return handler;
}

function readBody(request) {
  return new Promise((resolve, reject) => {
    const parts = [];
    let size = 0;
    request.on('data', (part) => {
      size += part.length;
      if (size > maxPayload) request.destroy();
      parts.push(part);
    });
    request.on('end', () => resolve(Buffer.concat(parts).toString('utf8')));
    request.on('error', reject);
  });
}

// What Lambda's runtime makes of a handler's answer: a promise, or a callback.
function run(handler, event, context) {
  return new Promise((resolve, reject) => {
    const result = handler(event, context, (error, value) => (error ? reject(error) : resolve(value)));
    if (result && typeof result.then === 'function') result.then(resolve, reject);
    else if (handler.length < 3) resolve(result);
  });
}

// { url, calls, delay, close }: `calls` holds each event; while `delay` is a promise, answers wait.
export async function serveLambda(handler, { port = 0, name = 'auth' } = {}) {
  const state = { calls: [], atOnce: 0, mostAtOnce: 0, connections: 0, delay: undefined };
  const server = http.createServer(async (request, response) => {
    const answer = (status, body, headers = {}) => {
      response.writeHead(status, { 'content-type': 'application/json', ...headers });
      response.end(body);
    };
    if (request.method === 'GET' && request.url === '/calls') {
      return answer(200, JSON.stringify(state.calls));
    }
    const match = /^\/2015-03-31\/functions\/([^/?]+)\/invocations(\?.*)?$/.exec(request.url);
    if (request.method !== 'POST' || !match) {
      return answer(404, '{"message":"no such path"}', { 'x-amzn-errortype': 'UnknownOperationException' });
    }
    if (decodeURIComponent(match[1]) !== name) {
      return answer(404, '{"Message":"Function not found"}', { 'x-amzn-errortype': 'ResourceNotFoundException' });
    }
    const event = JSON.parse(await readBody(request));
    state.calls.push(event);
    state.mostAtOnce = Math.max(state.mostAtOnce, ++state.atOnce);
    const context = { awsRequestId: randomUUID(), functionName: name, getRemainingTimeInMillis: () => 10_000 };
    try {
      await state.delay;
      if (request.headers['x-amz-invocation-type'] === 'Event') {
        answer(202, '');
        await run(handler, event, context).catch(() => undefined);
        return;
      }
      answer(200, JSON.stringify((await run(handler, event, context)) ?? null));
    } catch (error) {
      answer(
        200,
        JSON.stringify({
          errorType: error?.name ?? 'Error',
          errorMessage: String(error?.message ?? error),
          trace: String(error?.stack ?? '').split('\n'),
        }),
        { 'x-amz-function-error': 'Unhandled' },
      );
    } finally {
      --state.atOnce;
    }
  });
  server.on('connection', () => ++state.connections);
  server.keepAliveTimeout = 60_000;
  await new Promise((resolve) => server.listen(port, '127.0.0.1', resolve));
  state.url = `http://127.0.0.1:${server.address().port}`;
  state.close = () => {
    server.close();
    server.closeAllConnections();
  };
  return state;
}

if (process.argv[1] && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const [file, port] = process.argv.slice(2);
  if (!file) {
    console.error('usage: node lambda_invoke.mjs HANDLER_FILE [PORT]');
    process.exit(2);
  }
  const served = await serveLambda(await loadHandler(file), { port: Number(port ?? 0) });
  console.log(served.url);
}
