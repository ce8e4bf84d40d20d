import assert from 'node:assert/strict';
import { test } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import type { GeyserClientStream } from '../../../support/scripted-geyser.ts';
import type { ScriptedSolana } from '../../../support/scripted-solana.ts';
import { setUpGeyser, subscriptionOf } from './geyser-setup.ts';

function honest(chain: ScriptedSolana, stream: GeyserClientStream): void {
  for (let slot = stream.fromSlot ?? 100; slot <= chain.newest; slot++) {
    if (chain.blocks.has(slot)) stream.send(...chain.messages(slot, ['pipe']));
  }
}

/** Slots of which every third was skipped. */
function build(chain: ScriptedSolana): void {
  for (let slot = 100; slot <= 121; slot++) if (slot % 3 !== 0) chain.add(slot);
}

test('an endpoint that tells of parents that are not on the chain gives way, and all is told', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(t, { patienceMs: 300 }, 2);
  build(chain);
  geysers[0]!.onStream = stream => {
    for (const slot of chain.blocks.keys()) {
      const [transaction] = chain.messages(slot, ['pipe']);
      stream.send(transaction!, {
        filters: ['trunkline.slots'],
        slot: { slot, status: 1, parent: slot % 3 === 1 ? slot - 1 : slot },
      });
    }
  };
  geysers[1]!.onStream = stream => honest(chain, stream);
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 121);
  assert.match(source.state().endpoints[0]!.error!, /does not fit/);
  assert.equal(new Set(listener.transactions()).size, chain.blocks.size);
  assert.equal(listener.transactions().length, chain.blocks.size);
});

test('in a race a slot that the chain is not at does not hold up what the other endpoint brings', async t => {
  const { chain, geysers, listener, source } = await setUpGeyser(t, { mode: 'race', patienceMs: 300 }, 2);
  build(chain);
  geysers[0]!.onStream = stream => {
    if (geysers[0]!.streams.length === 1) stream.send(chain.status(500, 1), chain.status(501, 1));
  };
  geysers[1]!.onStream = stream => honest(chain, stream);
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 121);
  assert.equal(listener.transactions().length, chain.blocks.size);
  assert.deepEqual(listener.gaps, []);
});

test('more slots than may be fetched are no gap before the providers say that the chain went past them', async t => {
  const { chain, geyser, listener, source } = await setUpGeyser(t, { patienceMs: 300, maxBackfill: 20 });
  build(chain);
  geyser.onStream = stream => {
    if (geyser.streams.length === 1) stream.send(chain.status(200, 1), chain.status(201, 1));
    else honest(chain, stream);
  };
  source.subscribe([subscriptionOf(99)]);
  await eventually(() => listener.last === 121);
  assert.deepEqual(listener.gaps, []);
  assert.equal(listener.transactions().length, chain.blocks.size);
});
