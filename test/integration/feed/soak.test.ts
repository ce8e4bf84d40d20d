import assert from 'node:assert/strict';
import { test } from 'node:test';
import { soak } from '../../../bench/feed/soak.ts';

test('clients have exactly the chain, through failing providers, reorganisations, disconnects and a kill -9 [fault 16, fault 18]', async t => {
  const result = await soak({
    seconds: 12,
    faultMs: 1_000,
    reorgBlocks: 8,
    dropEveryMs: 2_000,
    say: line => t.diagnostic(line),
  });
  assert.ok(result.blocks > 10, `${result.blocks} blocks`);
  assert.ok(result.logs > 10, `${result.logs} logs`);
  assert.ok(result.reorgs > 0, 'reorganisations');
  for (const { name, lost, repeated, disordered, cut, complaints, remarks } of result.clients)
    assert.deepEqual(
      { name, lost, repeated, disordered, cut, complaints, remarks },
      { name, lost: 0, repeated: 0, disordered: 0, cut: 0, complaints: [], remarks: [] },
    );
  assert.ok(result.isGood);
});
