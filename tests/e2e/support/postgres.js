// A PostgreSQL server of the machine's packages in a directory of its own, reached by a Unix socket.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { run } from './process.js';

function programFolder() {
  const root = '/usr/lib/postgresql';
  const versions = fs.existsSync(root) ? fs.readdirSync(root).sort((a, b) => Number(a) - Number(b)) : [];
  if (!versions.length) throw new Error('PostgreSQL is not installed: run scripts/setup test');
  return path.join(root, versions.at(-1), 'bin');
}

// It does not run as root.
const unprivileged = () => [
  '--pdeathsig=INT',
  ...(process.getuid() === 0 ? ['--reuid=postgres', '--regid=postgres', '--clear-groups'] : []),
  '--',
];

// { connectionString, query(sql), stop() }
export async function startPostgres() {
  const programs = programFolder();
  const directory = fs.mkdtempSync(path.join(os.tmpdir(), 'eventsd-pg-'));
  if (process.getuid() === 0) await run('chown', ['postgres:postgres', directory]);
  const data = path.join(directory, 'data');
  const made = await run('setpriv', [
    ...unprivileged(), `${programs}/initdb`, '-D', data, '-U', 'postgres', '-A', 'trust', '-E', 'UTF8',
    '--locale=C.UTF-8', '--no-sync',
  ]);
  if (made.code !== 0) throw new Error(`initdb: ${made.stderr}`);
  const server = spawn(
    'setpriv',
    [...unprivileged(), `${programs}/postgres`, '-D', data, '-k', directory, '-c', 'listen_addresses=', '-F'],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const ended = once(server, 'exit');
  let said = '';
  await new Promise((resolve, reject) => {
    server.stderr.on('data', (text) => {
      said += text;
      if (said.includes('ready to accept connections')) resolve();
    });
    server.once('exit', () => reject(new Error(`the database did not start: ${said}`)));
  });
  return {
    connectionString: `host=${directory} user=postgres dbname=postgres password=never-shown-anywhere`,
    async query(sql) {
      const done = await run(`${programs}/psql`, ['-h', directory, '-U', 'postgres', '-X', '-A', '-t', '-c', sql]);
      if (done.code !== 0) throw new Error(done.stderr);
      return done.stdout.trim();
    },
    async stop() {
      server.kill('SIGINT');
      await ended;
      fs.rmSync(directory, { recursive: true, force: true });
    },
  };
}
