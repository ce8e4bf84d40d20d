import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { SolanaProcess } from '../../../src/devnet/solana/node/solana-process.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { eventually } from '../../support/eventually.ts';
import { startSolanaNode } from '../../support/solana-node.ts';

const deps = { clock: systemClock, log: silentLog };

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test('tells of an end that nobody asked for, refuses commands then, and can be started again', async t => {
  const exits: unknown[] = [];
  const node = await startSolanaNode(t, { onExit: exit => exits.push(exit) });
  const token = node.geyserToken;
  process.kill(node.pid as number, 'SIGKILL');
  await eventually(() => exits.length === 1);
  assert.deepEqual(exits, [{ code: null, signal: 'SIGKILL' }]);
  await assert.rejects(node.fork(1), { code: 'devnet_solana_failed' });
  await node.setLag('node-1', { http: 1, ws: 1 });
  await node.start();
  assert.notEqual(node.geyserToken, token);
  await node.stop();
  assert.deepEqual([exits.length, node.pid], [1, undefined]);
});

test('stops even when it does not run its signal handlers', async t => {
  const node = await startSolanaNode(t);
  process.kill(node.pid as number, 'SIGSTOP');
  await node.stop();
  assert.equal(node.pid, undefined);
});

test('says that its port is taken', async t => {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  t.after(() => other.close());
  const { port } = other.address() as { port: number };
  const node = new SolanaProcess({ chain: 'solana-devnet', port }, deps);
  t.after(() => node.stop());
  await assert.rejects(node.start(), { code: 'devnet_port_taken' });
  assert.equal(node.pid, undefined);
});

for (const [how, end] of [
  ['is killed with SIGKILL', 'process.kill(process.pid, "SIGKILL")'],
  ['crashes', 'throw new Error("crash")'],
  ['exits', 'process.exit(0)'],
] as const) {
  test(`ends when the process that started it ${how}`, { skip: process.platform === 'win32' }, async () => {
    const source = `
      import { SolanaProcess } from ${JSON.stringify(import.meta.resolve('../../../src/devnet/solana/node/solana-process.ts'))};
      import { systemClock } from ${JSON.stringify(import.meta.resolve('../../../src/clock/system-clock.ts'))};
      import { silentLog } from ${JSON.stringify(import.meta.resolve('../../../src/telemetry/log.ts'))};
      const node = new SolanaProcess({ chain: 'x' }, { clock: systemClock, log: silentLog });
      await node.start();
      process.stdout.write(node.pid + '\\n', () => { setTimeout(() => { ${end} }); });`;
    const parent = spawn(process.execPath, ['--input-type=module', '-e', source], {
      stdio: ['ignore', 'pipe', 'ignore'],
    });
    const [line] = (await once(parent.stdout, 'data')) as [Buffer];
    const pid = Number(line);
    assert.ok(pid > 0);
    await eventually(() => !isAlive(pid), 'the node to end');
  });
}
