import assert from 'node:assert/strict';
import { describe, test } from 'node:test';
import { Keypair, PublicKey } from '@solana/web3.js';
import type { SessionEventData } from '../../../src/pipelines/parsers/session-events.ts';
import type { StateStore } from '../../../src/pipelines/state/state-store.ts';
import { seedAddress } from '../../../src/sessions/seed-address.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { RecordedLog } from '../providers/fixtures.ts';
import { computed, eventItem, payer, SessionStack, sessionProgram } from './support/session-stack.ts';

const key = payer.publicKey.toBase58();
const missing = Keypair.generate().publicKey.toBase58();

const queued = (id: string) =>
  eventItem('SessionQueuedEvent', id, {
    session_id: id,
    queue_position: 1n,
    request_id: 'r',
    timestamp: 1n,
    estimated_processing_time: 1n,
    queue_size: 1n,
    factory_address: 'f',
    creator: 'c',
  });

const reset = (id: string) =>
  eventItem('EmergencySessionResetEvent', id, {
    session_pda: key,
    session_id: id,
    owner: key,
    authority: key,
    old_status: 'Active',
    new_status: 'Requested',
    old_optimistic_state: 'Active',
    new_optimistic_state: 'Pending',
    reset_at: 1n,
  });

const activated = (id: string, session_address: string) =>
  eventItem('SessionActivatedEvent', id, {
    session_address,
    session_id: id,
    owner: key,
    eval_program: key,
    shard_address: key,
    namespaces: [],
    activated_at: 1n,
    activated_by: key,
    activation_slot: 1n,
  } satisfies SessionEventData<'SessionActivatedEvent'>);

test('a seed’s address is the one that web3.js derives', async () => {
  for (const seed of ['', 'one', 'x'.repeat(32)]) {
    const owner = new PublicKey(sessionProgram);
    const expected = await PublicKey.createWithSeed(payer.publicKey, seed, owner);
    assert.equal(seedAddress(key, seed, sessionProgram), expected.toBase58());
  }
});

describe('events beside announcements', () => {
  test('are recorded at once, each once, whether or not the service runs', async t => {
    const stack = new SessionStack(t);
    await stack.accept(queued('one'), queued('two'));
    await stack.accept(queued('one'));
    assert.equal(stack.builder.stats().events_processed, 2);
    assert.deepEqual(await stack.done(), [
      ['done', 'noted'],
      ['done', 'noted'],
    ]);
  });

  test('a reset is warned of', async t => {
    const log = new RecordedLog();
    const stack = new SessionStack(t, { deps: { log } });
    await stack.accept(reset('one'), reset('one'));
    assert.equal(log.lines.filter(line => JSON.stringify(line).includes('reset in an emergency')).length, 1);
  });

  test('an account that an event tells of is looked for', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    await stack.accept(activated('there', key), activated('not', missing));
    await stack.drained();
    assert.deepEqual((await stack.done()).toSorted(), [
      ['done', 'the account is there'],
      ['failed', `there is no account ${missing}`],
    ]);
    // Failed creations are counted, failed look-ups are not among them.
    assert.equal(stack.builder.stats().accounts_failed, 0);
    assert.equal(stack.builder.stats().events_processed, 2);
  });
});

describe('the queue', () => {
  test('takes no more than `max_queue`: the handler waits, and goes on when there is room', async t => {
    const stack = new SessionStack(t, { config: { max_queue: 5 } });
    stack.builder.pause();
    await stack.builder.open();
    const items = Array.from({ length: 12 }, (_, index) => computed(`s${index}`));
    let isAccepted = false;
    const accepted = stack.accept(...items).then(() => {
      isAccepted = true;
    });
    await stack.pass(20);
    assert.equal(stack.builder.stats().queue_size, 5);
    assert.equal(isAccepted, false);
    assert.deepEqual(stack.builder.health().reasons, [
      'the service is paused',
      'the queue is full: the stream waits',
    ]);
    stack.builder.resume();
    await stack.until(() => isAccepted, 'room for all');
    await accepted;
    await stack.drained();
    assert.equal(stack.builder.stats().accounts_created, 12);
  });

  test('a handler that is told to stop does not wait for room', async t => {
    const stack = new SessionStack(t, { config: { max_queue: 1 } });
    const end = new AbortController();
    const accepting = stack.builder.accept([computed('one'), computed('two')], end.signal);
    await stack.pass(2);
    end.abort();
    await assert.rejects(accepting, { code: 'session_stopped' });
    assert.equal(stack.builder.stats().queue_size, 1);
  });

  test('no more than `max_concurrent_creations` at once', async t => {
    const stack = new SessionStack(t, { config: { max_concurrent_creations: 3 } });
    await stack.builder.open();
    await stack.accept(...Array.from({ length: 10 }, (_, index) => computed(`s${index}`)));
    let most = 0;
    await stack.until(() => {
      most = Math.max(most, stack.builder.stats().creations_active);
      return stack.builder.stats().queue_size === 0;
    }, 'an empty queue');
    assert.equal(most, 3);
    assert.equal(stack.builder.stats().accounts_created, 10);
  });

  test('thousands that wait are read from the storage a part at a time, none twice', async t => {
    const stack = new SessionStack(t, { config: { max_concurrent_creations: 200, max_account_size: 1 } });
    const items = Array.from({ length: 3_500 }, (_, index) => computed(`s${index}`));
    for (let at = 0; at < items.length; at += 100) await stack.accept(...items.slice(at, at + 100));
    await stack.builder.open();
    await stack.accept(...items.slice(0, 50), computed('last'));
    await stack.drained();
    assert.equal(stack.builder.stats().accounts_rejected, 3_501);
    assert.equal(stack.builder.stats().events_processed, 3_501);
  });

  test('those that are dealt with are kept up to a number, the newest', async t => {
    const stack = new SessionStack(t, { maxDone: 3 });
    for (let index = 0; index < 7; index++) await stack.accept(queued(`s${index}`));
    assert.equal((await stack.done()).length, 3);
    assert.equal(stack.builder.stats().events_processed, 7);
    assert.deepEqual(
      (await stack.builder.status()).done.map(({ sessionId }) => sessionId),
      ['s6', 's5', 's4'],
    );
  });

  test('a storage that fails for a while loses nothing', async t => {
    let isDown = false;
    const stack = new SessionStack(t);
    const failing = (state: StateStore): StateStore => ({
      ...state,
      get: name => (isDown ? Promise.reject(new Error('down')) : state.get(name)),
      set: (name, value) => (isDown ? Promise.reject(new Error('down')) : state.set(name, value)),
      batch: changes => (isDown ? Promise.reject(new Error('down')) : state.batch(changes)),
      under: (prefix, limits) => (isDown ? Promise.reject(new Error('down')) : state.under(prefix, limits)),
    });
    stack.newBuilder({ state: failing(stack.state) });
    await stack.builder.open();
    await stack.accept(computed('one'));
    isDown = true;
    await assert.rejects(stack.accept(computed('two')), /down/);
    await stack.pass(100);
    assert.equal(stack.calls.sent.length, 0);
    isDown = false;
    await stack.accept(computed('two'));
    await stack.drained();
    assert.equal(stack.builder.stats().accounts_created, 2);
    assert.equal(stack.builder.stats().events_processed, 2);
  });
});

describe('deadlines', () => {
  test('events that are late beyond the share raise the alert, and it ends when they are in time again', async t => {
    const deadlines = { computed: '600ms', alert_share: 0.02 };
    const stack = new SessionStack(t, { config: { deadlines, max_concurrent_creations: 200 } });
    await stack.builder.open();
    await stack.accept(computed('one'), computed('two'));
    await stack.drained();
    assert.equal(stack.builder.health().status, 'ok');
    await stack.accept(computed('three'));
    await stack.drained();
    assert.equal(stack.builder.health().status, 'degraded');
    assert.deepEqual(stack.builder.health().reasons, ['3 of the newest 100 PDAComputedEvent were late']);
    await stack.accept(
      ...Array.from({ length: 100 }, (_, i) => computed(`r${i}`, { expected_size: 99_999n })),
    );
    await stack.drained();
    assert.equal(stack.builder.health().status, 'ok');
  });

  test('a jump of the wall clock makes nothing late', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    await stack.accept(computed('one'));
    stack.clock.jumpWall(3_600_000);
    await stack.drained();
    const times = stack.builder.stats().deadlines.find(({ kind }) => kind === 'PDAComputedEvent');
    assert.equal(times?.count, 1);
    assert.equal(times.late, 0);
  });
});

describe('what the service tells of itself', () => {
  test('a stream that does not run makes it down', async t => {
    const stream = { state: 'error', slot: 99, parseErrors: 0 };
    const stack = new SessionStack(t, { stream: () => stream });
    await stack.builder.open();
    await stack.pass(1);
    const { status, slot, reasons, balance_lamports } = stack.builder.health();
    assert.equal(status, 'down');
    assert.equal(slot, 99);
    assert.deepEqual(reasons, ['the stream of events is error']);
    assert.equal(balance_lamports, 10_000_000_000_000);
    stream.state = 'running';
    assert.equal(stack.builder.health().status, 'ok');
    stream.parseErrors = 2;
    assert.deepEqual(stack.builder.health().reasons, ['2 parse errors in the stream: events may be missing']);
  });

  test('a gap that could not be filled is counted and told; one that was is not', async t => {
    const stack = new SessionStack(t);
    await stack.builder.open();
    const gap = {
      pipeline: 'sessions',
      fromSlot: 1,
      toSlot: 2,
      reason: 'expired',
      message: '',
      count: undefined,
    } as const;
    stack.builder.missed({ ...gap, recovered: 'transactions' });
    assert.equal(stack.builder.health().status, 'ok');
    stack.builder.missed({ ...gap, recovered: 'none' });
    assert.deepEqual(stack.builder.health().reasons, ['1 gaps in the stream: events may be missing']);
  });

  test('its metrics', async t => {
    const metrics = new PromMetricRegistry();
    const stack = new SessionStack(t, { deps: { metrics } });
    await stack.builder.open();
    await stack.accept(computed('one'), computed('two', { expected_size: 99_999n }));
    await stack.drained();
    await stack.pass(8);
    const text = await metrics.expose();
    for (const line of [
      'trunkline_sessions_accounts_created_total 1',
      'trunkline_sessions_accounts_failed_total{outcome="rejected"} 1',
      'trunkline_sessions_event_processing_duration_seconds_count{kind="PDAComputedEvent"} 2',
      'trunkline_sessions_rpc_connection_status 1',
      'trunkline_sessions_queue_size 0',
      'trunkline_sessions_transactions_sent_total 1',
    ])
      assert.ok(text.includes(line), line);
    assert.ok(/trunkline_sessions_wallet_balance_lamports 1000\d+/.test(text));
    assert.ok(/trunkline_sessions_service_uptime_seconds [1-9]/.test(text));
  });

  test('events in hand and those that wait are listed without the bytes of transactions', async t => {
    const stack = new SessionStack(t, { config: { max_concurrent_creations: 1 } });
    await stack.builder.open();
    await stack.accept(computed('one'), computed('two'));
    await stack.until(
      async () => (await stack.builder.status()).waiting[0]?.state === 'creating',
      'a creation',
    );
    const { waiting } = await stack.builder.status();
    assert.deepEqual(
      waiting.map(({ sessionId, state }) => [sessionId, state]),
      [
        ['one', 'creating'],
        ['two', 'queued'],
      ],
    );
    assert.equal(waiting[0]?.signature, stack.calls.sent[0]);
    assert.ok(!JSON.stringify(waiting).includes('bytes'));
    assert.equal(stack.builder.stats().is_running, true);
    await stack.builder.stop();
    assert.equal(stack.builder.stats().is_running, false);
    assert.equal(stack.builder.stats().uptime_seconds, 0);
  });
});

test('stopped and opened again while the storage is slow, it goes on with what was written last', async t => {
  const stack = new SessionStack(t);
  let hold: Promise<void> | undefined;
  const slow: StateStore = {
    get: name => stack.state.get(name),
    set: async (name, value) => {
      await hold;
      await stack.state.set(name, value);
    },
    del: name => stack.state.del(name),
    batch: changes => stack.state.batch(changes),
    range: (from, to, limits) => stack.state.range(from, to, limits),
    under: (prefix, limits) => stack.state.under(prefix, limits),
    clear: (prefix, maxEntries) => stack.state.clear(prefix, maxEntries),
    within: () => slow,
  };
  const builder = stack.newBuilder({ state: slow });
  await builder.open();
  const { promise, resolve } = Promise.withResolvers<void>();
  hold = promise;
  await stack.accept(computed('one'));
  await stack.until(() => stack.calls.count('simulateTransaction') === 1, 'a transaction to be stored');
  await stack.pass(1);
  void builder.stop();
  const opened = builder.open();
  await stack.pass(1);
  assert.equal(builder.state, 'stopped');
  resolve();
  await opened;
  await stack.drained();
  assert.equal(stack.calls.sent.length, 1);
  assert.equal(stack.calls.count('simulateTransaction'), 1);
  assert.deepEqual(await stack.done(), [['done', 'created']]);
});
