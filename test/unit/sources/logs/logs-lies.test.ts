import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import type { ChainCallOptions, ChainCalls } from '../../../../src/chains/chain-calls.ts';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { ProcessSystem } from '../../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../../src/otp/supervisor-spec.ts';
import { LogsSource } from '../../../../src/sources/logs/logs-source.ts';
import { logsSourceChild } from '../../../../src/sources/logs/logs-source-process.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { RecordingSourceListener } from '../../../support/recording-source-listener.ts';
import { ScriptedHub } from '../../../support/scripted-hub.ts';
import { ScriptedSolana, signatureOf } from '../../../support/scripted-solana.ts';
import { subscriptionOf } from '../geyser/geyser-setup.ts';

const key = (slot: number, index = 0) => `${slot}:${encode(signatureOf(slot, index))}`;

type Lie = (method: string, params: readonly unknown[], truth: unknown) => unknown;

/** Two providers of one chain: the first one is asked first, and lies. */
class LyingProvider implements ChainCalls {
  readonly chain = new ScriptedSolana();
  lie: Lie = (_method, _params, truth) => truth;
  /** Whether there is an honest one beside it. */
  hasOther = false;
  asked: string[] = [];

  async call(method: string, params: readonly unknown[], options: ChainCallOptions = {}): Promise<unknown> {
    const isAvoided = options.avoid?.includes('liar') === true;
    if (isAvoided && !this.hasOther) throw new Error('no provider is left');
    const truth = await this.chain.call(method, params);
    options.onAnswer?.(isAvoided ? 'honest' : 'liar');
    this.asked.push(method);
    return isAvoided ? truth : this.lie(method, params, truth);
  }
}

async function setUp(t: TestContext, since = 99) {
  const clock = new ManualClock();
  const calls = new LyingProvider();
  const listener = new RecordingSourceListener();
  const source = new LogsSource(
    { chain: 'test', commitment: 'confirmed' },
    { listener, streams: new ScriptedHub(), calls, clock, log: silentLog, metrics: silentMetrics },
  );
  const system = new ProcessSystem({ clock });
  const spec = { id: 'source:test', strategy: 'one_for_one', children: [logsSourceChild(source)] } as const;
  await startSupervisor(system, supervisorSpec(spec));
  t.after(() => system.stop());
  const { chain } = calls;
  for (let slot = 100; slot <= 105; slot++) chain.add(slot);
  source.subscribe([subscriptionOf(since)]);
  await clock.advanceAndSettle(0);
  if (since === 99) assert.equal(listener.last, 105);
  const pass = async (seconds: number) => {
    for (let i = 0; i < seconds; i++) await clock.advanceAndSettle(1000);
  };
  return { calls, chain, listener, source, pass };
}

const wantedTo = (newest: number) => Array.from({ length: newest - 99 }, (_, i) => key(100 + i));

for (const tip of [3105, 260.5, -1, 2 ** 47, '107']) {
  test(`a provider that says ${tip} of a chain at 107 for a while loses nothing`, async t => {
    const { calls, chain, listener, pass } = await setUp(t);
    chain.add(106).add(107);
    calls.lie = (method, _params, truth) => (method === 'getSlot' ? tip : truth);
    await pass(20);
    assert.equal(listener.last, 105);
    calls.lie = (_method, _params, truth) => truth;
    await pass(40);
    assert.deepEqual(listener.transactions(), wantedTo(107));
    assert.equal(listener.last, 107);
    assert.deepEqual(listener.gaps, []);
  });
}

test('a slot some hundreds ahead, which is believed at first, is doubted in time', async t => {
  const { calls, chain, listener, pass } = await setUp(t);
  calls.lie = (method, _params, truth) => (method === 'getSlot' ? 400 : truth);
  await pass(5);
  calls.lie = (_method, _params, truth) => truth;
  chain.add(106);
  await pass(90);
  assert.equal(listener.last, 106);
  assert.deepEqual(listener.transactions(), wantedTo(106));
});

const wrongTransactions: Readonly<Record<string, (truth: Record<string, unknown>) => unknown>> = {
  'another slot': truth => ({ ...truth, slot: Number(truth.slot) - 50 }),
  'no slot': truth => ({ ...truth, slot: 1.5 }),
  nothing: () => null,
  rubbish: () => ({ slot: 106, transaction: 5 }),
};
for (const [what, lie] of Object.entries(wrongTransactions)) {
  test(`of a transaction that one provider answers with ${what} the other one is asked, soon`, async t => {
    const { calls, chain, listener, pass } = await setUp(t);
    calls.hasOther = true;
    calls.lie = (method, _params, truth) =>
      method === 'getTransaction' ? lie(truth as Record<string, unknown>) : truth;
    chain.add(106).add(107);
    await pass(4);
    assert.deepEqual(listener.transactions(), wantedTo(107));
    assert.equal(listener.last, 107);
  });
}

test('a transaction of another signature is not the one that was listed', async t => {
  const { calls, chain, listener, pass } = await setUp(t);
  calls.hasOther = true;
  chain.add(106, [['program'], ['payer', 'program']]);
  const other = await chain.call('getTransaction', [encode(signatureOf(106, 0))]);
  calls.lie = (method, _params, truth) => (method === 'getTransaction' ? other : truth);
  await pass(4);
  assert.deepEqual(listener.transactions(), [...wantedTo(106), key(106, 1)]);
});

const phantom = { signature: encode(new Uint8Array(64).fill(7)), slot: 106, err: null };
const withPhantom: Lie = (method, _params, truth) =>
  method === 'getSignaturesForAddress' ? [phantom, ...(truth as unknown[])] : truth;

test('a signature of one list that nobody has is passed over once lists are without it', async t => {
  const { calls, chain, listener, pass } = await setUp(t);
  calls.lie = withPhantom;
  chain.add(106);
  await pass(10);
  assert.equal(listener.last, 105);
  calls.lie = (_method, _params, truth) => truth;
  await pass(60);
  assert.deepEqual([listener.last, listener.gaps], [106, []]);
  assert.deepEqual(listener.transactions(), wantedTo(106));
});

test('a signature that is listed for ever and that nobody has becomes a gap of its slot', async t => {
  const { calls, chain, listener, pass } = await setUp(t);
  calls.lie = withPhantom;
  chain.add(106);
  await pass(240);
  assert.equal(listener.last, 106);
  assert.deepEqual(
    listener.gaps.map(({ gap }) => [gap.fromSlot, gap.toSlot, gap.reason, gap.recovered]),
    [[106, 106, 'not_recoverable', 'none']],
  );
  assert.deepEqual(listener.transactions(), wantedTo(106));
});

test('pages of signatures that do not come to an end give way to blocks', async t => {
  const { calls, chain, listener, pass } = await setUp(t);
  let n = 0;
  calls.lie = (method, _params, truth) =>
    method === 'getSignaturesForAddress'
      ? Array.from({ length: 1000 }, () => ({ signature: `s${n++}`, slot: 1_000_000, err: null }))
      : truth;
  chain.add(106);
  await pass(10);
  assert.equal(listener.last, 106);
  assert.deepEqual(listener.transactions(), wantedTo(106));
  assert.ok(calls.asked.filter(method => method === 'getSignaturesForAddress').length < 1000);
});

test('a stored checkpoint that the chain is far from is told as an error', async t => {
  const { listener, source } = await setUp(t, 9_000_000);
  assert.equal(source.state().status, 'failed');
  assert.deepEqual(listener.settled, []);
});
