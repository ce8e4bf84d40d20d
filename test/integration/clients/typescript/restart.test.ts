import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { assertSeamless, followLedger, rig, watchLedger } from './client-rig.ts';

describe('the client, over a restart of Trunkline', () => {
  it('goes on over a Trunkline that is stopped and started again, with what happened meanwhile', async t => {
    const { chain, start, stop, address } = await rig(t);
    const followed = followLedger(t, address, chain.address);
    const watched = watchLedger(t, address, chain.address);
    await eventually(
      () => followed.heads().length > 0 && watched.heads.length > 0 && watched.blocks.length > 0,
    );
    await chain.write('before');
    await stop();
    await chain.write('meanwhile 1', 'meanwhile 2');
    await start();
    await chain.write('after');
    const notes = await chain.notes();
    await eventually(() => followed.notes().length >= 4 && watched.notes.length >= 4, 'all events');
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
  });
});
