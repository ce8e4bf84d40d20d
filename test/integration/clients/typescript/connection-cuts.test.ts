import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { eventually } from '../../../support/eventually.ts';
import { assertAllSeen, followBoth, rig } from './client-rig.ts';

describe('the client, before a whole Trunkline', () => {
  it('loses and repeats nothing while its connections are cut in bursts', async t => {
    const { chain, proxy, address } = await rig(t);
    const clients = await followBoth(t, address, chain.address);
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
    await assertAllSeen(clients, notes);
    assert.ok(cuts > 36, `${cuts} cuts`);
  });
});
