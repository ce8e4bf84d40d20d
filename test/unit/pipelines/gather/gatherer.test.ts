import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { encode } from '../../../../src/chains/solana/base58.ts';
import type { SolanaUpdate } from '../../../../src/chains/solana/updates.ts';
import type { WantedSubject } from '../../../../src/pipelines/gather/gather-demand.ts';
import { subjectPipelineId } from '../../../../src/pipelines/gather/gather-pipelines.ts';
import { Gatherer } from '../../../../src/pipelines/gather/gatherer.ts';
import { PipelineRuntime } from '../../../../src/pipelines/runtime/pipeline-runtime.ts';
import { memoryState } from '../../../../src/pipelines/state/state-store.ts';
import type { SourceSubscription } from '../../../../src/sources/source.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { openLog, UnreliableStore } from '../../feed/log/log-setup.ts';
import { account } from '../support/pipeline-bench.ts';

const line = { chain: 'sol', source: 'geyser', commitment: 'confirmed' } as const;
/** That of the updates that `account` makes. */
const key = encode(new Uint8Array(32).fill(1));
const id = subjectPipelineId('sol', { kind: 'account', key });

async function setUp() {
  const { log: eventLog, told, clock } = await openLog(new UnreliableStore());
  const state = memoryState({ maxBytes: 2 ** 24 });
  const subscribed: (readonly SourceSubscription[])[] = [];
  const runtimeOf = () => {
    const runtime = new PipelineRuntime(line, { state, clock, log: silentLog, metrics: silentMetrics });
    runtime.connect({
      ...line,
      name: 'geyser',
      subscribe: subscriptions => void subscribed.push(subscriptions),
      state: () => ({ status: 'streaming', endpoints: [], slot: 0, settled: 0, gaps: 0 }),
    });
    return runtime;
  };
  const runtimes = { slots: runtimeOf(), subjects: runtimeOf() };
  const wish: { subjects: readonly WantedSubject[]; presentSlot: number | undefined } = {
    subjects: [],
    presentSlot: 10,
  };
  const make = () =>
    new Gatherer(
      { ...line, eventLog, savedCheckpoint: () => undefined, onSlotTold: () => {}, onAppended: () => {} },
      {
        runtimes,
        subjects: () => wish.subjects,
        presentSlot: () => wish.presentSlot,
        onChange: () => () => {},
        state,
        log: silentLog,
      },
    );
  const want = (startAfter: number) => {
    wish.subjects = [{ kind: 'account', key, startAfter }];
  };
  const kept = async () => (await state.under(`${id}/`)).length;
  const tell = async (update: SolanaUpdate) => {
    runtimes.subjects.onUpdate(update, [id]);
    await clock.advanceAndSettle(1_000);
  };
  const settle = async (slot: number) => {
    runtimes.subjects.onSettled(slot);
    await clock.advanceAndSettle(1_000);
  };
  return { make, wish, want, tell, settle, kept, subscribed, told, state };
}

describe('Gatherer', () => {
  it('asks the source for what came since the slot at which a subject was wanted', async () => {
    const { make, want, subscribed } = await setUp();
    want(9);
    assert.deepEqual(await make().reconcile(), { isDone: true, isRenewed: true });
    assert.equal(subscribed.at(-1)!.find(subscription => subscription.id === id)!.since, 9);
  });

  it('tells nothing twice to who comes back before the slots have caught up with what was told', async () => {
    const { make, wish, want, tell, settle, kept, told } = await setUp();
    const gatherer = make();
    want(9);
    await gatherer.reconcile();
    await settle(10);
    await tell(account(12, 1));
    assert.equal(told.length, 1);
    wish.subjects = [];
    assert.deepEqual(await gatherer.reconcile(), { isDone: false, isRenewed: false });
    assert.ok((await kept()) > 0);
    want(10);
    await gatherer.reconcile();
    await tell(account(12, 1));
    await tell(account(12, 2));
    assert.equal(told.length, 2);
  });

  it('forgets a subject once the slots are past what was told of it', async () => {
    const { make, wish, want, tell, settle, kept } = await setUp();
    const gatherer = make();
    want(9);
    await gatherer.reconcile();
    await settle(10);
    await tell(account(12, 1));
    wish.subjects = [];
    wish.presentSlot = 12;
    assert.equal((await gatherer.reconcile()).isDone, false);
    assert.ok((await kept()) > 0);
    assert.deepEqual(await gatherer.reconcile(), { isDone: true, isRenewed: false });
    assert.equal(await kept(), 0);
  });

  it('goes on where it was when it is opened again', async () => {
    const { make, want, tell, told } = await setUp();
    const gatherer = make();
    want(9);
    await gatherer.reconcile();
    await gatherer.close();
    gatherer.open();
    assert.equal((await gatherer.reconcile()).isDone, true);
    await tell(account(12, 1));
    assert.equal(told.length, 1);
  });

  it('forgets what an earlier run left behind, once the slots are far past it', async () => {
    const { make, wish, kept, state } = await setUp();
    await state.set(`${id}/checkpoint`, '11');
    const gatherer = make();
    wish.presentSlot = undefined;
    assert.equal((await gatherer.reconcile()).isDone, false);
    wish.presentSlot = 10;
    assert.equal((await gatherer.reconcile()).isDone, false);
    assert.equal(await kept(), 1);
    wish.presentSlot = 1_000;
    assert.equal((await gatherer.reconcile()).isDone, true);
    assert.equal(await kept(), 0);
  });
});
