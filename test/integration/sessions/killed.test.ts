import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { Keypair } from '@solana/web3.js';
import { encode } from '../../../src/chains/solana/base58.ts';
import { seedAddress } from '../../../src/sessions/seed-address.ts';
import type { SessionStats } from '../../../src/sessions/session-status.ts';
import { emitInstruction } from '../../support/event-program-instructions.ts';
import { eventually } from '../../support/eventually.ts';
import { computedBytes, payer, startChain, submit } from './session-setup.ts';

const program = fileURLToPath(new URL('./session-child.ts', import.meta.url));

test('killed with kill -9 under announcements, 6 times: each account is created once and counted once', async t => {
  const { node, ports } = await startChain(t);
  const directory = mkdtempSync(join(tmpdir(), 'sessions-killed-'));
  let child: ChildProcess | undefined;
  t.after(async () => {
    if (child !== undefined) await end(child);
    rmSync(directory, { recursive: true, force: true });
  });
  const accountOwner = Keypair.generate().publicKey.toBase58();
  const created = new Map<string, number>();
  node.bank.listen({
    onTransaction({ writes, isFailed }) {
      if (isFailed) return;
      for (const { owner, pubkey } of writes)
        if (encode(owner) === accountOwner)
          created.set(encode(pubkey), (created.get(encode(pubkey)) ?? 0) + 1);
    },
  });
  const addresses: string[] = [];
  const announce = () => {
    const sessionId = `s${addresses.length}`;
    const address = seedAddress(payer.publicKey.toBase58(), sessionId, accountOwner);
    addresses.push(address);
    const event = { address, size: 100n, accountOwner, sessionId, owner: accountOwner };
    submit(node, emitInstruction(computedBytes(event)));
  };
  let stats: SessionStats | undefined;
  for (let life = 0; life <= 6; life++) {
    const start = [program, JSON.stringify([directory, ports])];
    child = spawn(process.execPath, start, { stdio: ['ignore', 'pipe', 'inherit'] });
    stats = undefined;
    createInterface({ input: child.stdout! }).on('line', line => {
      stats = JSON.parse(line) as SessionStats;
    });
    await eventually(() => stats?.is_running, 'it runs', 30_000);
    if (life === 6) break;
    for (let index = 0; index < 6; index++) announce();
    // At another point of its work in each life.
    const { openSlot } = node.bank;
    await eventually(() => node.bank.openSlot > openSlot + (life % 6));
    await end(child);
  }
  await eventually(
    () => stats?.events_processed === addresses.length && stats.queue_size === 0,
    'all are dealt with',
    60_000,
  );
  assert.deepEqual([...created.keys()].toSorted(), addresses.toSorted());
  assert.deepEqual(new Set(created.values()), new Set([1]));
  assert.equal(stats?.accounts_created, addresses.length);
  assert.equal(stats.accounts_failed, 0);
});

async function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  child.kill('SIGKILL');
  await once(child, 'exit');
}
