import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { headBytes, headOf, logBytes, pendingBytes } from './fake-chain.ts';
import type { FakeSource } from './fake-source.ts';
import { type Recorder, settle, setUpHub } from './hub-setup.ts';

const newHeads = '["newHeads"]';
const logs = '["logs",{}]';
const start = 100;

type Step =
  | { readonly kind: 'mine'; readonly logs: number }
  /** The provider gets its next block and announces it, unless its head announcement is lost on the way. */
  | { readonly kind: 'advance'; readonly provider: number; readonly isHeadLost: boolean }
  /** The provider announces one of its last blocks again. */
  | { readonly kind: 'repeat'; readonly provider: number; readonly back: number }
  | { readonly kind: 'die' | 'revive'; readonly provider: number }
  | { readonly kind: 'crash' | 'join' | 'settle' };

const provider = fc.nat({ max: 2 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('mine' as const), logs: fc.nat({ max: 3 }) }) },
  {
    weight: 9,
    arbitrary: fc.record({ kind: fc.constant('advance' as const), provider, isHeadLost: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('repeat' as const), provider, back: fc.nat({ max: 5 }) }),
  },
  { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('die' as const, 'revive' as const), provider }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('crash' as const, 'join' as const, 'settle' as const) }),
  },
);

/** A chain, three providers that follow it, a hub over them and two streams that are listened to. */
class World {
  /** Logs of each block after `start`. */
  readonly blocks: number[] = [];
  /** What each provider has reached. */
  readonly reached = [start, start, start];
  readonly setUp = setUpHub(3, {
    width: 2,
    fetchBlock: async number => (number <= Math.max(...this.reached) ? headBytes(headOf(number)) : undefined),
    fetchLogs: async ({ fromBlock, toBlock }) =>
      Buffer.from(`[${this.#logsOf(fromBlock, toBlock).join(',')}]`),
  });
  readonly heads: Recorder[] = [];
  readonly logs: { readonly recorder: Recorder; readonly since: number }[] = [];
  #aggregator = this.setUp.aggregator;

  get sources(): readonly FakeSource[] {
    return this.setUp.sources;
  }

  async join(): Promise<void> {
    const since = Math.max(...this.reached);
    const open = this.sources.some(source => source.isOpen);
    if (!open) return;
    this.heads.push((await this.setUp.subscribe(newHeads)).recorder);
    this.logs.push({ recorder: (await this.setUp.subscribe(logs)).recorder, since });
  }

  async take(what: Step): Promise<void> {
    switch (what.kind) {
      case 'mine':
        this.blocks.push(what.logs);
        return;
      case 'advance':
        this.advance(what.provider, what.isHeadLost);
        return;
      case 'repeat':
        this.#announce(what.provider, Math.max(start, this.reached[what.provider]! - what.back), false);
        return;
      case 'die':
        this.sources[what.provider]!.close();
        return;
      case 'revive':
        if (!this.sources[what.provider]!.isOpen) this.sources[what.provider]!.open();
        return;
      case 'crash': {
        this.setUp.hub.abandon(this.#aggregator);
        this.#aggregator = this.setUp.makeAggregator();
        await settle();
        this.setUp.hub.adopt(this.#aggregator);
        return;
      }
      case 'join':
        await this.join();
        return;
      case 'settle':
        await settle();
    }
  }

  advance(index: number, isHeadLost: boolean): void {
    const number = this.reached[index]! + 1;
    if (number > start + this.blocks.length) return;
    this.reached[index] = number;
    this.#announce(index, number, isHeadLost);
  }

  /** Everybody comes back and catches up, and a few more blocks are made. */
  async finish(): Promise<void> {
    for (const source of this.sources) if (!source.isOpen) source.open();
    await settle();
    for (let i = 0; i < 3; i++) this.blocks.push(1);
    for (let round = 0; round <= this.blocks.length; round++) {
      for (let index = 0; index < 3; index++) this.advance(index, false);
      await settle();
    }
  }

  expectedLogs(since: number): string[] {
    return this.#logsOf(since + 1, start + this.blocks.length).sort();
  }

  #announce(index: number, number: number, isHeadLost: boolean): void {
    const source = this.sources[index]!;
    if (!source.isOpen) return;
    this.setUp.heads.observe(source.providerId, headOf(number));
    if (!isHeadLost) source.emit(headBytes(headOf(number)), newHeads);
    for (const log of this.#logsOf(number, number)) source.emit(Buffer.from(log), logs);
  }

  #logsOf(from: number, to: number): string[] {
    const found: string[] = [];
    for (let number = from; number <= to; number++) {
      const count = this.blocks[number - start - 1] ?? 0;
      for (let index = 0; index < count; index++) found.push(logBytes(number, index).toString());
    }
    return found;
  }
}

test('any interleaving of providers gives each head once, in order, without a gap, and each log once', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 60 }), async steps => {
      const world = new World();
      for (const { providerId } of world.sources) world.setUp.heads.observe(providerId, headOf(start));
      await world.join();
      await world.take({ kind: 'mine', logs: 1 });
      world.advance(0, false);
      for (const what of steps) await world.take(what);
      await world.finish();
      const last = start + world.blocks.length;
      for (const { numbers } of world.heads) {
        assert.deepEqual(
          numbers,
          Array.from({ length: numbers.length }, (_, i) => last - numbers.length + 1 + i),
        );
      }
      assert.ok(world.heads[0]!.numbers.length === world.blocks.length, 'heads from the beginning');
      for (const { recorder, since } of world.logs) {
        const texts = recorder.texts;
        assert.equal(texts.length, new Set(texts).size, 'no log twice');
        const missing = world.expectedLogs(since).filter(log => !texts.includes(log));
        assert.deepEqual(missing, []);
      }
    }),
    { numRuns: 150 },
  );
});

test('any interleaving of pending transactions within the window gives each one once', async () => {
  const announcement = fc.record({ provider, transaction: fc.nat({ max: 40 }) });
  await fc.assert(
    fc.asyncProperty(fc.array(announcement, { maxLength: 200 }), async announcements => {
      const { sources, subscribe } = setUpHub(3, { width: 3 });
      const { recorder } = await subscribe('["newPendingTransactions"]');
      await settle();
      for (const { provider, transaction } of announcements) {
        sources[provider]!.emit(pendingBytes(`0x${transaction}`));
      }
      const distinct = [...new Set(announcements.map(({ transaction }) => `"0x${transaction}"`))];
      assert.deepEqual(recorder.texts, distinct);
    }),
    { numRuns: 50 },
  );
});
