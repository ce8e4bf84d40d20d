import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { solanaFamily } from '../../../src/chains/solana/solana-family.ts';
import { systemClock } from '../../../src/clock/system-clock.ts';
import type { Cleanup } from '../../support/devnet.ts';
import { eventually } from '../../support/eventually.ts';
import { StubRpcError, type StubUpstream, startStubUpstream } from '../../support/stub-upstream.ts';
import { callOf } from '../../unit/providers/fixtures.ts';
import { startProvider } from './running-provider.ts';

const genesis = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';

async function start(t: Cleanup, prepare: (stub: StubUpstream) => void = () => {}) {
  const stub = await startStubUpstream(t);
  stub.on('getGenesisHash', genesis).on('getHealth', 'ok').on('getSlot', 100);
  prepare(stub);
  const running = await startProvider(t, { url: stub.url, family: solanaFamily, identity: genesis });
  return { stub, running };
}

const fails = (code: number, message: string, data?: unknown) => () => {
  throw new StubRpcError(code, message, data);
};

describe('a provider of Solana', () => {
  it('is known by its genesis hash, and its slot is its head', async t => {
    const { stub, running } = await start(t);
    await running.up();
    assert.equal(stub.requests[0]!.method, 'getGenesisHash');
    await eventually(() => running.provider.head === 100);
    stub.on('getSlot', 107);
    await eventually(() => running.provider.head === 107, 'its slot is followed');
    assert.deepEqual(stub.requests.find(call => call.method === 'getSlot')!.params, [
      { commitment: 'processed' },
    ]);
  });

  it('gets no traffic while it serves another cluster, and says which', async t => {
    const other = '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d';
    const { stub, running } = await start(t, each => each.on('getGenesisHash', other));
    await eventually(() => running.provider.state === 'wrong_chain');
    assert.equal(running.refusal('getBalance'), 'wrong_chain');
    const line = running.log.lines.find(({ level }) => level === 'error')!;
    assert.deepEqual([line.fields.expected, line.fields.reported], [genesis, other]);
    stub.on('getGenesisHash', genesis);
    await running.up();
  });

  it('serves while it knows how far it is behind, but is left out of reads of the newest state', async t => {
    const behind = fails(-32005, 'Node is behind by 42 slots', { numSlotsBehind: 42 });
    const { stub, running } = await start(t, each => each.on('getHealth', behind));
    await running.up();
    await eventually(() => running.provider.lag === 42);
    const refusal = () =>
      running.provider.refusal(
        callOf('getBalance', { demand: { kind: 'tag', tag: 'confirmed' } }),
        systemClock.now(),
      );
    assert.equal(refusal(), 'behind');
    assert.equal(running.provider.state, 'up');
    assert.equal(running.provider.breakers.http, 'closed');
    stub.on('getHealth', 'ok');
    await eventually(() => refusal() === undefined, 'it has caught up');
  });

  it('gets no traffic while it is unhealthy and cannot say how far behind', async t => {
    const { stub, running } = await start(t, each =>
      each.on('getHealth', fails(-32005, 'Node is unhealthy')),
    );
    await eventually(() => running.provider.state === 'syncing');
    assert.equal(running.refusal('getBalance'), 'syncing');
    assert.equal(running.provider.breakers.http, 'closed');
    stub.on('getHealth', 'ok');
    await running.up();
  });

  it('serves though it does not offer the question after its health', async t => {
    const { running } = await start(t, each => each.on('getHealth', fails(-32601, 'Method not found')));
    await running.up();
  });
});
