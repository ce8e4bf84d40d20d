import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { assertAllSeen, followBoth, rig } from './client-rig.ts';

describe('the client, over a restart of Trunkline', () => {
  it('goes on over a Trunkline that is stopped and started again, with what happened meanwhile', async t => {
    const { chain, start, stop, address } = await rig(t);
    const clients = await followBoth(t, address, chain.address);
    await chain.write('before');
    await stop();
    await chain.write('meanwhile 1', 'meanwhile 2');
    await start();
    await chain.write('after');
    const notes = await chain.notes();
    assert.equal(notes.length, 4);
    await assertAllSeen(clients, notes);
  });
});
