// Starts the daemon in a directory of its own, on ports that the system chooses.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { after } from 'node:test';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { randomBytes } from 'node:crypto';
import { fileURLToPath } from 'node:url';

const here = path.dirname(fileURLToPath(import.meta.url));

export function binary() {
  const file = process.env.EVENTSD_BIN ?? path.resolve(here, '../../../build/release/src/eventsd');
  if (!fs.existsSync(file)) throw new Error(`no daemon at ${file}; set EVENTSD_BIN`);
  return path.resolve(file);
}

export function makeApiKey() {
  const letters = 'abcdefghijklmnopqrstuvwxyz0123456789';
  return 'da2-' + [...randomBytes(26)].map((b) => letters[b % 36]).join('');
}

// Daemons that a failed test has left behind end with this process.
const running = new Set();
process.once('exit', () => running.forEach((child) => child.kill('SIGKILL')));
process.once('SIGTERM', () => process.exit(143));
// Sockets that a failed test has left open do not keep the file's process alive.
after(() => setTimeout(() => process.exit(), 2000).unref());

export class Daemon {
  // Texts that must never show up in the log.
  secrets = [];

  static async start(settings = {}) {
    const daemon = new Daemon();
    daemon.directory = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-e2e-'));
    daemon.data = path.join(daemon.directory, 'data');
    daemon.key = makeApiKey();
    daemon.secrets.push(daemon.key);
    daemon.settings = typeof settings === 'function' ? settings(daemon.key) : settings;
    await daemon.#launch('127.0.0.1:0', '127.0.0.1:0');
    return daemon;
  }

  #config(listen, admin) {
    const history = {
      maxAge: '7d',
      maxEventsPerChannel: 10000,
      maxBytes: '1GiB',
      read: 'subscribe',
    };
    return {
      listen: [listen],
      admin: { listen: admin },
      dataDir: this.data,
      log: { level: 'trace', format: 'json', access: true },
      drainTimeout: '1s',
      api: {
        name: 'e2e',
        authProviders: [{ authType: 'API_KEY' }],
        connectionAuthModes: ['API_KEY'],
        defaultPublishAuthModes: ['API_KEY'],
        defaultSubscribeAuthModes: ['API_KEY'],
        apiKeys: [{ id: this.key, description: 'e2e' }],
        channelNamespaces: [{ name: 'default', history }, { name: 'plain' }],
      },
      ...this.settings,
    };
  }

  #write() {
    const file = path.join(this.directory, 'eventsd.yaml');
    fs.writeFileSync(file, JSON.stringify(this.#config(...this.addresses), null, 1)); // JSON is YAML
    return file;
  }

  async #launch(listen, admin) {
    this.addresses = [listen, admin];
    const file = this.#write();
    const endpoint = path.join(this.data, 'endpoint.json');
    fs.rmSync(endpoint, { force: true });
    this.log = path.join(this.directory, 'log');
    const out = fs.openSync(this.log, 'a');
    const env = Object.fromEntries(
      Object.entries(process.env).filter(([k]) => !k.startsWith('EVENTSD_')),
    );
    this.process = spawn(binary(), ['serve', '--config', file], {
      cwd: this.directory,
      env,
      stdio: ['ignore', out, out],
    });
    const child = this.process;
    running.add(child);
    this.ended = once(child, 'exit').finally(() => running.delete(child));
    fs.closeSync(out);
    const end = Date.now() + 60_000;
    for (;;) {
      if (this.process.exitCode !== null) throw new Error(`the daemon ended:\n${this.logText()}`);
      try {
        const bound = JSON.parse(fs.readFileSync(endpoint, 'utf8'));
        this.origin = bound.http;
        this.admin = bound.admin;
        return;
      } catch {
        if (Date.now() > end)
          throw new Error(`the daemon was not ready in time:\n${this.logText()}`);
      }
      await new Promise((resolve) => setTimeout(resolve, 20)); // polls for another process's file
    }
  }

  get port() {
    return new URL(this.origin).port;
  }
  get caFile() {
    return path.join(this.data, 'tls', 'ca.pem');
  }
  logText() {
    return fs.readFileSync(this.log, 'utf8');
  }

  async #terminate() {
    process.kill(this.process.pid, 'SIGTERM');
    const [code, signal] = await this.ended;
    if (code !== 0)
      throw new Error(`the daemon ended with ${code ?? signal}:\n${this.logText().slice(-3000)}`);
  }

  // Has it read the present settings, and waits until it says that it has, or why not.
  async reload() {
    const told = () => (this.logText().match(/configuration reloaded|the running configuration stays/g) ?? []).length;
    const before = told();
    this.#write();
    process.kill(this.process.pid, 'SIGHUP');
    const end = Date.now() + 60_000;
    while (told() === before) {
      if (Date.now() > end) throw new Error(`the daemon did not reload:\n${this.logText().slice(-3000)}`);
      await new Promise((resolve) => setTimeout(resolve, 20)); // polls for another process's file
    }
  }

  // Stops it, in order or by SIGKILL, and starts it again on the same ports; `between` is what
  // happens while it is down.
  async restart(signal = 'SIGTERM', between = () => {}) {
    const admin = new URL(this.admin).host;
    if (signal === 'SIGTERM') {
      await this.#terminate();
    } else {
      process.kill(this.process.pid, signal);
      await this.ended;
    }
    const listen = `127.0.0.1:${this.port}`;
    between();
    await this.#launch(listen, admin);
  }

  // Stops it; throws when it does not end well or when its log holds a credential.
  async stop() {
    if (this.process.exitCode === null && this.process.signalCode === null) await this.#terminate();
    const log = this.logText();
    fs.rmSync(this.directory, { recursive: true, force: true });
    for (const secret of this.secrets) {
      const line = log.split('\n').find((l) => l.includes(secret));
      if (line)
        throw new Error(
          `the log holds a credential: ${line.replaceAll(secret, 'SECRET').slice(0, 400)}`,
        );
    }
    // Whatever else a test has used: subprotocols, API keys, tokens, signatures.
    const shapes =
      /header-[A-Za-z0-9_-]{20}|da2-[a-z0-9]{20}|eyJ[A-Za-z0-9_-]{10,}\.eyJ|Signature=[0-9a-f]{64}/;
    const shaped = log.split('\n').find((l) => shapes.test(l));
    if (shaped) throw new Error(`the log holds what looks like a credential: ${shaped.slice(0, 400)}`);
  }
}

// What the handshake carries: `header-` and the credential object.
export function credentialProtocol(credentials) {
  return 'header-' + Buffer.from(JSON.stringify(credentials)).toString('base64url');
}
