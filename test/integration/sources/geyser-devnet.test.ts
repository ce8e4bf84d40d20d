import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Keypair } from '@solana/web3.js';
import { encode } from '../../../src/chains/solana/base58.ts';
import { commitments } from '../../../src/chains/solana/commitment.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { SolanaNode } from '../../../src/devnet/solana/node/solana-node.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { geyserConnectionName } from '../../../src/sources/geyser/geyser-connection.ts';
import { GeyserSource, geyserSourceChildren } from '../../../src/sources/geyser/geyser-source.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { eventually } from '../../support/eventually.ts';
import { RecordingSourceListener } from '../../support/recording-source-listener.ts';
import { filterOf } from '../../unit/sources/geyser/geyser-setup.ts';
import { callsTo } from './node-calls.ts';

const systemProgram = '11111111111111111111111111111111';

test('every transaction once at each commitment, while streams are killed, blocks die and slots are skipped', async t => {
  const node = new SolanaNode(
    {
      chain: 'sources-test',
      port: 0,
      geyserPort: 0,
      geyserToken: 'secret',
      blockTimeMs: 40,
      accounts: 2,
      balance: 10_000,
      confirmAfter: 2,
      finalizeAfter: 8,
      forkEvery: 0,
    },
    { clock: systemClock, log: silentLog },
  );
  const { port, geyserPort } = await node.start();
  const system = new ProcessSystem({ clock: systemClock });
  t.after(async () => {
    await system.stop();
    await node.stop();
  });
  const sources = await Promise.all(
    commitments.map(async commitment => {
      const listener = new RecordingSourceListener();
      const source = new GeyserSource(
        {
          chain: 'test',
          commitment,
          endpoints: [{ id: 'node', url: `http://127.0.0.1:${geyserPort}`, token: 'secret' }],
          reconnectMinMs: 20,
          reconnectMaxMs: 100,
        },
        { listener, calls: callsTo(port), clock: systemClock, log: silentLog, metrics: silentMetrics },
      );
      const children = geyserSourceChildren(source);
      const spec = supervisorSpec({
        id: `source:${commitment}`,
        strategy: 'one_for_one',
        intensity: 1000,
        periodMs: 1000,
        children,
      });
      await startSupervisor(system, spec);
      source.subscribe([
        { id: 'pipe', since: 0, filter: filterOf({ programs: [systemProgram], failed: true }) },
      ]);
      return { source, listener, commitment };
    }),
  );
  const { publicKey } = Keypair.generate();
  for (let round = 0; round < 100; round++) {
    node.bank.airdrop(publicKey, BigInt(1_000_000 + round));
    if (round % 12 === 5) {
      for (const { source } of sources) system.exit(geyserConnectionName(source, 'node'), 'kill');
    }
    if (round % 17 === 9) node.bank.fork(1, { drop: round % 2 === 0 });
    if (round % 23 === 11) node.bank.skip(3);
    const { openSlot } = node.bank;
    await eventually(() => node.bank.openSlot > openSlot);
  }
  const end = node.bank.slotAt('processed');
  for (const { listener, commitment } of sources) {
    await eventually(() => listener.last >= end, `${commitment} settles`);
    const canonical: string[] = [];
    for (let slot = 1; slot <= end; slot++) {
      for (const { signature, accountKeys } of node.bank.block(slot)?.transactions ?? []) {
        if (accountKeys.some(key => encode(key) === systemProgram))
          canonical.push(`${slot}:${encode(signature)}`);
      }
    }
    assert.ok(canonical.length > 60);
    const dead = new Set(listener.slotsWith('dead'));
    const slotIn = (key: string) => Number(key.split(':')[0]);
    const told = listener.transactions().filter(key => slotIn(key) <= end);
    assert.equal(new Set(told).size, told.length, `${commitment}: none repeated`);
    assert.deepEqual(
      told.filter(key => !dead.has(slotIn(key))).sort(),
      canonical.sort(),
      `${commitment}: none lost`,
    );
    if (commitment === 'processed') assert.ok(dead.size > 0);
    else
      assert.deepEqual(
        told.filter(key => dead.has(slotIn(key))),
        [],
      );
    assert.deepEqual(listener.late, []);
    assert.deepEqual(listener.gaps, []);
  }
});
