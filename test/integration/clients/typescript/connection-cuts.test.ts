import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { assertSeamless, followLedger, rig, watchLedger } from './client-rig.ts';

describe('the client, before a whole Trunkline', () => {
  it('loses and repeats nothing while its connections are cut in bursts', async t => {
    const { chain, proxy, address } = await rig(t);
    const followed = followLedger(t, address, chain.address);
    const watched = watchLedger(t, address, chain.address);
    await eventually(
      () => followed.heads().length > 0 && watched.heads.length > 0 && watched.blocks.length > 0,
    );
    let cuts = 0;
    for (let round = 0; round < 12; round++) {
      const writing = chain.write(`${round}a`, `${round}b`, `${round}c`);
      for (let burst = 0; burst < 3; burst++) {
        const { accepted } = proxy;
        cuts += proxy.cut();
        await eventually(() => proxy.accepted > accepted + 1, 'connected again');
      }
      await writing;
    }
    const notes = await chain.notes();
    assert.equal(notes.length, 36);
    await eventually(() => followed.notes().length >= 36 && watched.notes.length >= 36, 'all events');
    assert.deepEqual(followed.notes(), notes);
    assert.deepEqual(watched.notes, notes);
    assert.deepEqual(followed.others(), []);
    assert.deepEqual(watched.errors, []);
    assertSeamless(followed.heads());
    assertSeamless(watched.heads);
    // viem fetches each block, and hands them over as they come.
    await eventually(() => {
      assertSeamless(watched.blocks.toSorted((a, b) => a - b));
      return true;
    });
    assert.ok(cuts > 36, `${cuts} cuts`);
  });
});
