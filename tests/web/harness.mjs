// This file runs the real service for a test and counts its cases: one line each, `passed NAME` or `failed NAME`.
import {spawn} from 'node:child_process';
import {mkdtemp, rm} from 'node:fs/promises';
import {createServer} from 'node:net';
import path from 'node:path';
import {fileURLToPath} from 'node:url';

export const root = fileURLToPath(new URL('../..', import.meta.url));
export const project = '0605767b5780d5762fc5c0118072a564'; // with the sample's tokens dev-token and ops-token

let failed = 0;

export async function check(name, body) {
  try {
    await body();
    console.log(`passed ${name}`);
  } catch (failure) {
    failed += 1;
    console.log(`failed ${name}`);
    console.error(`${name}: ${failure.stack ?? failure}`);
  }
}

export function expect(condition, what) {
  if (!condition) throw new Error(what);
}

export const expectEqual = (is, wanted, what) =>
  expect(JSON.stringify(is) === JSON.stringify(wanted), `${what}: ${JSON.stringify(is)} instead of ${JSON.stringify(wanted)}`);

// A child process that is ended with this one; answers the first line of its output that matches.
export function start(command, args, pattern, seconds = 300, options = {}) {
  const child = spawn(command, args, {cwd: root, stdio: ['ignore', 'pipe', 'pipe'], ...options});
  let output = '';
  const ended = new Promise((resolve) => child.once('exit', resolve));
  const line = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${command}: no line ${pattern} in ${seconds} s:\n${output}`)), 1000 * seconds);
    const take = (bytes) => {
      output += bytes;
      const found = output.match(pattern);
      if (!found) return;
      clearTimeout(timer);
      resolve(found);
    };
    child.stdout.on('data', take);
    child.stderr.on('data', take);
    child.once('error', reject);
    child.once('exit', (status) => {
      clearTimeout(timer);
      reject(new Error(`${command} ended with status ${status}:\n${output}`));
    });
  });
  line.catch(() => {});
  return {
    line,
    output: () => output,
    stop: async () => {
      if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM');
      await ended;
    },
  };
}

// Runs a program to its end with text on its standard input; answers its status and all that it wrote.
export const run = (command, args, input = '') => new Promise((resolve, reject) => {
  const child = spawn(command, args, {cwd: root});
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (bytes) => { output += bytes; });
  child.once('error', reject);
  child.once('close', (status) => resolve({status, output}));
  child.stdin.end(input);
});

// A port that was free a moment ago, for programs that can't pick one themselves.
export const freePort = () => new Promise((resolve, reject) => {
  const server = createServer();
  server.once('error', reject);
  server.listen(0, '127.0.0.1', () => {
    const {port} = server.address();
    server.close(() => resolve(port));
  });
});

// Runs `body` with the base URL of a service over the sample catalog, or `fill`ed by a function of the state directory, a
// folder and the admin address, and ends everything afterwards, whatever happens.
export async function withService(body, fill = null) {
  const folder = await mkdtemp(path.join('/tmp', 'catalog-web-'));
  const state = path.join(folder, 'state');
  const service = start(path.join(root, 'scripts/serve'),
    ['--port', '0', '--state', state, ...(fill ? ['--no-sample'] : []), '--', '--admin-listen', '127.0.0.1:0'],
    /listening on (http:\/\/\S+)[^]*admin on (http:\/\/\S+)/, 600);
  try {
    const [, url, admin] = await service.line;
    await fill?.(state);
    await body(url, folder, admin);
  } catch (failure) {
    failed += 1;
    console.log('failed to run');
    console.error(failure.stack ?? failure);
  } finally {
    await service.stop();
    await rm(folder, {recursive: true, force: true});
  }
  process.exitCode = failed === 0 ? 0 : 1;
}
