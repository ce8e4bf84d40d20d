import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { type AnvilOptions, AnvilProcess } from '../../../src/devnet/anvil-process.ts';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import type { NodeExit } from '../../../src/devnet/local-node.ts';
import { UpstreamRpc } from '../../../src/devnet/upstream-rpc.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import type { Cleanup } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';

function makeAnvil(cleanup: Cleanup, options: Partial<AnvilOptions> = {}) {
  const anvil = new AnvilProcess({ chainId: 4242, ...options }, { clock: systemClock, log: silentLog });
  cleanup.after(() => anvil.stop());
  return anvil;
}

function rpcOf(cleanup: Cleanup, url: string): UpstreamRpc {
  const rpc = new UpstreamRpc(url);
  cleanup.after(() => rpc.close());
  return rpc;
}

test('answers with its chain id and the well-known accounts once started, and not after it is stopped', async t => {
  const anvil = makeAnvil(t, { accounts: 2, balance: 5 });
  await anvil.start();
  const rpc = rpcOf(t, anvil.url);
  assert.equal(await rpc.call('eth_chainId'), '0x1092');
  const accounts = (await rpc.call('eth_accounts')) as string[];
  assert.equal(accounts.length, 2);
  assert.equal(accounts[0], '0xf39fd6e51aad88f6f4ce6ab8827279cfffb92266');
  assert.equal(BigInt(String(await rpc.call('eth_getBalance', [accounts[0], 'latest']))), 5n * 10n ** 18n);
  await anvil.stop();
  assert.equal(anvil.pid, undefined);
  await assert.rejects(rpc.call('eth_chainId'), { code: 'ECONNREFUSED' });
  await anvil.stop();
});

for (const blockTimeMs of [100, 1_000]) {
  test(`mines a block every ${blockTimeMs} ms by itself`, async t => {
    const anvil = makeAnvil(t, { blockTimeMs });
    await anvil.start();
    const rpc = rpcOf(t, anvil.url);
    await eventually(async () => (await rpc.blockNumber()) >= 2, 'two blocks');
  });
}

test('keeps the state of recent blocks while it mines by itself, and no more', async t => {
  const anvil = makeAnvil(t, { blockTimeMs: 1_000 });
  await anvil.start();
  const rpc = rpcOf(t, anvil.url);
  await rpc.call('anvil_mine', ['0x64']);
  const head = await rpc.blockNumber();
  const balanceAt = (block: number) =>
    rpc.call('eth_getBalance', [`0x${'1'.padStart(40, '0')}`, `0x${block.toString(16)}`]);
  assert.equal(await balanceAt(head - 36), '0x0');
  await assert.rejects(balanceAt(head - 60), /BlockOutOfRange/);
});

test('mines what has been sent with the next block, not at once', async t => {
  const anvil = makeAnvil(t, { blockTimeMs: 1_000 });
  await anvil.start();
  const rpc = rpcOf(t, anvil.url);
  const [from, to] = (await rpc.call('eth_accounts')) as string[];
  const hash = await rpc.call('eth_sendTransaction', [{ from, to, value: '0x1' }]);
  assert.equal(await rpc.call('eth_getTransactionReceipt', [hash]), null);
  await eventually(() => rpc.call('eth_getTransactionReceipt', [hash]), 'the receipt');
});

test('tells of an end that nobody asked for, and of no other', async t => {
  const exits: NodeExit[] = [];
  const anvil = makeAnvil(t, { onExit: exit => exits.push(exit) });
  await anvil.start();
  process.kill(anvil.pid as number, 'SIGKILL');
  await eventually(() => exits.length === 1, 'the exit to be told');
  assert.deepEqual(exits, [{ code: null, signal: 'SIGKILL' }]);
  assert.equal(anvil.pid, undefined);
  await anvil.start();
  await anvil.stop();
  assert.equal(exits.length, 1);
});

test('stops even when it does not run its signal handlers', async t => {
  const anvil = makeAnvil(t);
  await anvil.start();
  process.kill(anvil.pid as number, 'SIGSTOP');
  await anvil.stop();
  assert.equal(anvil.pid, undefined);
});

test('says that a port of one’s own is taken', async t => {
  const port = await findFreePort('127.0.0.1');
  const other = createServer().listen(port, '127.0.0.1');
  t.after(() => void other.close());
  await eventually(() => other.listening, 'the port to be taken');
  await assert.rejects(makeAnvil(t, { port }).start(), {
    code: 'devnet_port_taken',
    message: new RegExp(`:${port}`),
  });
});

test('says why a binary does not start', async t => {
  await assert.rejects(makeAnvil(t, { binary: '/nowhere/anvil' }).start(), {
    code: 'devnet_anvil_failed',
    message: /ENOENT/,
  });
  await assert.rejects(makeAnvil(t, { binary: '/bin/false' }).start(), {
    code: 'devnet_anvil_failed',
    message: /code 1/,
  });
});

for (const [how, end] of [
  ['is killed with SIGKILL', 'process.kill(process.pid, "SIGKILL")'],
  ['gets SIGTERM', 'process.kill(process.pid, "SIGTERM")'],
  ['gets SIGINT', 'process.kill(process.pid, "SIGINT")'],
  ['crashes', 'throw new Error("crash")'],
  ['exits', 'process.exit(0)'],
] as const) {
  test(`ends when the process that started it ${how}`, { skip: process.platform === 'win32' }, async () => {
    const source = `
      import { AnvilProcess } from ${JSON.stringify(import.meta.resolve('../../../src/devnet/anvil-process.ts'))};
      import { systemClock } from ${JSON.stringify(import.meta.resolve('../../../src/clock/system-clock.ts'))};
      import { silentLog } from ${JSON.stringify(import.meta.resolve('../../../src/telemetry/log.ts'))};
      const anvil = new AnvilProcess({ chainId: 1 }, { clock: systemClock, log: silentLog });
      await anvil.start();
      process.stdout.write(anvil.url + '\\n', () => { setTimeout(() => { ${end} }); });`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const url = await new Promise<string>(resolve =>
      parent.stdout.once('data', data => resolve(String(data).trim())),
    );
    await new Promise(resolve => parent.once('exit', resolve));
    await eventually(async () => {
      const rpc = new UpstreamRpc(url);
      const error = await rpc.call('eth_chainId', [], 500).catch((failed: NodeJS.ErrnoException) => failed);
      rpc.close();
      return error instanceof Error && (error as NodeJS.ErrnoException).code === 'ECONNREFUSED';
    }, 'anvil to end');
  });
}
