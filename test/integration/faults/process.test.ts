import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { WebSocket } from 'ws';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import { eventually } from '../../support/eventually.ts';
import { sendCalls } from '../../support/load.ts';
import { startStubUpstream } from '../../support/stub-upstream.ts';

const bin = join(import.meta.dirname, '../../../bin/trunkline.js');

interface Started {
  readonly child: ChildProcess;
  readonly port: number;
  readonly output: () => string;
  readonly exited: Promise<number | null>;
}

describe('the process', () => {
  let folder: string;
  before(() => {
    folder = mkdtempSync(join(tmpdir(), 'trunkline-test-'));
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  function run(
    args: readonly string[],
    command: readonly string[] = [process.execPath],
  ): Omit<Started, 'port'> {
    const [program, ...lead] = command;
    const child = spawn(program!, [...lead, bin, ...args], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...process.env, NO_COLOR: '1', XDG_RUNTIME_DIR: folder },
    });
    let output = '';
    child.stdout!.on('data', chunk => {
      output += chunk;
    });
    child.stderr!.on('data', chunk => {
      output += chunk;
    });
    const exited = new Promise<number | null>(resolve => child.on('exit', code => resolve(code)));
    return { child, output: () => output, exited };
  }

  function config(name: string, url: string, wsUrl: string): string {
    const path = join(folder, name);
    writeFileSync(
      path,
      `server: { drain_timeout: 5s }\nchains:\n  test:\n    chain_id: 31337\n    providers:\n      - { id: s1, url: "${url}", ws_url: "${wsUrl}" }\n`,
    );
    return path;
  }

  async function started(path: string, command?: readonly string[]): Promise<Started> {
    const port = await findFreePort('127.0.0.1');
    const running = run(['start', '--config', path, '--port', String(port)], command);
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200,
      `ready: ${running.output()}`,
      20_000,
    );
    return { ...running, port };
  }

  it('fails no request when it is told to stop under load, and closes WebSockets with 1001 [fault 29]', async t => {
    const stub = await startStubUpstream(t);
    stub.on('eth_getBalance', async () => {
      const done = performance.now() + 20;
      await eventually(() => performance.now() >= done);
      return '0x1';
    });
    const { child, port, exited } = await started(config('drain.yaml', stub.url, stub.wsUrl));
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc/test`);
    await new Promise(resolve => socket.once('open', resolve));
    const closed = new Promise<number>(resolve => socket.once('close', code => resolve(code)));
    const running = Promise.all(
      Array.from({ length: 20 }, async () => {
        const failures: string[] = [];
        for (;;) {
          const { failures: found } = await sendCalls(
            `http://127.0.0.1:${port}/rpc/test`,
            'eth_getBalance',
            ['0x00', 'latest'],
            1,
          );
          // Refused: the port is closed, and nothing of the request was accepted.
          if (found.length > 0) {
            if (!/ECONNREFUSED|fetch failed/.test(found[0]!)) failures.push(found[0]!);
            return failures;
          }
        }
      }),
    );
    await eventually(() => stub.requests.length > 100, 'load');
    child.kill('SIGTERM');
    assert.deepEqual((await running).flat(), []);
    assert.equal(await closed, 1001);
    assert.equal(await exited, 0);
  });

  it('sheds connections and lives on when it may open only 256 files [fault 26]', async t => {
    const stub = await startStubUpstream(t);
    const { child, port, exited } = await started(config('files.yaml', stub.url, stub.wsUrl), [
      'bash',
      '-c',
      `ulimit -n 256; exec "${process.execPath}" "$@"`,
      'bash',
    ]);
    const sockets = Array.from({ length: 400 }, () => {
      const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc/test`);
      socket.on('error', () => {});
      return socket;
    });
    await eventually(
      () => sockets.every(socket => socket.readyState !== WebSocket.CONNECTING),
      'all decided',
      20_000,
    );
    assert.ok(sockets.some(socket => socket.readyState === WebSocket.OPEN));
    assert.ok(sockets.some(socket => socket.readyState !== WebSocket.OPEN));
    assert.equal(child.exitCode, null);
    for (const socket of sockets) socket.terminate();
    await eventually(
      async () =>
        (await sendCalls(`http://127.0.0.1:${port}/rpc/test`, 'eth_chainId', [], 5)).failures.length === 0,
      'serves again',
    );
    child.kill('SIGTERM');
    assert.equal(await exited, 0);
  });

  it('says in one line that its port is in use, and exits 1', async t => {
    const stub = await startStubUpstream(t);
    const blocker = createServer();
    await new Promise<void>(resolve => blocker.listen(0, '127.0.0.1', resolve));
    const { port } = blocker.address() as { port: number };
    const { exited, output } = run([
      'start',
      '--config',
      config('port.yaml', stub.url, stub.wsUrl),
      '--port',
      String(port),
    ]);
    assert.equal(await exited, 1);
    assert.equal(output(), `trunkline: 127.0.0.1:${port} is in use; choose another port with --port\n`);
    blocker.close();
  });

  it('says where a config is wrong, and that a file is missing, and exits 1', async () => {
    const path = join(folder, 'bad.yaml');
    writeFileSync(path, 'chains:\n  test:\n    chain_id: one\n    provders: []\n');
    const bad = run(['start', '--config', path]);
    assert.equal(await bad.exited, 1);
    assert.match(bad.output(), /bad\.yaml:3:/);
    assert.match(bad.output(), /bad\.yaml:4:[\s\S]*providers/);
    const missing = run(['check', '--config', join(folder, 'none.yaml')]);
    assert.equal(await missing.exited, 1);
    assert.match(missing.output(), /no such file/);
  });

  it('gives newcomers a help, and an unknown command or port a line', async () => {
    const help = run(['--help']);
    assert.equal(await help.exited, 0);
    for (const word of ['start', 'check', 'tree', 'devnet', '--config', '--port'])
      assert.ok(help.output().includes(word), word);
    const unknown = run(['strat']);
    assert.equal(await unknown.exited, 1);
    assert.match(unknown.output(), /unknown command 'strat'[\s\S]*Did you mean start\?/);
    const port = run(['start', '--port', '99999']);
    assert.equal(await port.exited, 1);
    const nobody = run(['tree', '--port', String(await findFreePort('127.0.0.1'))]);
    assert.equal(await nobody.exited, 1);
    assert.match(nobody.output(), /no Trunkline answers on 127\.0\.0\.1:\d+ \(connection refused\)/);
  });

  it('takes a changed file over without dropping a connection, and keeps running on a bad one', async t => {
    const [one, two] = [await startStubUpstream(t), await startStubUpstream(t)];
    const path = config('reload.yaml', one.url, one.wsUrl);
    const { child, port, exited, output } = await started(path);
    const socket = new WebSocket(`ws://127.0.0.1:${port}/rpc/test`);
    await new Promise(resolve => socket.once('open', resolve));
    writeFileSync(path, 'chains: [');
    await eventually(() => output().includes('new config rejected'), 'rejected', 20_000);
    config('reload.yaml', two.url, two.wsUrl);
    const url = `http://127.0.0.1:${port}/rpc/test`;
    await eventually(
      async () => {
        await sendCalls(url, 'eth_gasPrice', [], 1);
        return two.requests.some(call => call.method === 'eth_gasPrice');
      },
      'the new provider in use',
      20_000,
    );
    assert.equal(socket.readyState, WebSocket.OPEN);
    socket.close();
    child.kill('SIGTERM');
    assert.equal(await exited, 0);
  });
});
