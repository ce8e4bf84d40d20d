import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { memoryState } from '../../../../src/pipelines/state/state-store.ts';
import { account, PipelineBench, ScriptedHandler } from '../support/pipeline-bench.ts';

/** One step of a run: an update, the end of a call, time, a settled slot, a pause or a crash. */
const step = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({ type: fc.constant('tell' as const), value: fc.nat(252), key: fc.nat(3) }),
  },
  { weight: 2, arbitrary: fc.constant({ type: 'slot' as const }) },
  {
    weight: 5,
    arbitrary: fc.record({ type: fc.constant('end' as const), at: fc.nat(5), fails: fc.boolean() }),
  },
  {
    weight: 3,
    arbitrary: fc.record({ type: fc.constant('time' as const), ms: fc.constantFrom(10, 120, 700) }),
  },
  { weight: 1, arbitrary: fc.constant({ type: 'pause' as const }) },
  { weight: 1, arbitrary: fc.constant({ type: 'crash' as const }) },
);

const settings = fc.record({
  mode: fc.constantFrom('sequential' as const, 'parallel' as const),
  concurrency: fc.constantFrom(1, 3),
  orderBy: fc.constantFrom('none' as const, 'account' as const),
  batchSize: fc.constantFrom(1, 3),
  batching: fc.constantFrom('ab', 'a', 'b'),
  overflowPolicy: fc.constantFrom('block' as const, 'spill' as const),
});

describe('a pipeline, whatever fails', () => {
  it('handles every value or keeps it as a dead letter, and its checkpoint is never ahead', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), settings, async (steps, chosen) => {
        const state = memoryState({ maxBytes: 2 ** 24 });
        const { batchSize, batching, overflowPolicy, ...rest } = chosen;
        const told: { slot: number; value: number; key: number }[] = [];
        const done = new Set<string>();
        const keyOf = ({ slot, value, key }: { slot: number; value: number; key: number }) =>
          `${slot}/${value}/${key}`;
        let slot = 5;
        let bench = await start();

        async function start(): Promise<PipelineBench> {
          const handlers = ['a', 'b'].map(id => new ScriptedHandler(id));
          for (const handler of handlers) {
            handler.isHeld = true;
            if (batchSize > 1 && batching.includes(handler.id))
              Object.assign(handler, {
                handleBatch: (items: Parameters<ScriptedHandler['handle']>[0][], signal: AbortSignal) =>
                  Promise.all(items.map(item => handler.handle(item, signal))),
              });
          }
          const made = await new PipelineBench(
            {
              ...rest,
              handlers,
              retry: { attempts: 2, delayMs: 50 },
              buffer: { maxCapacity: 4, batchSize, overflowPolicy },
            },
            state,
          ).open();
          return made;
        }
        const handlers = () => bench.pipeline.definition.handlers as readonly ScriptedHandler[];
        const note = () => {
          for (const handler of handlers()) for (const key of handler.keys) done.add(`${handler.id} ${key}`);
        };
        const tell = (one: (typeof told)[number]) =>
          bench.runtime.onUpdate(account(one.slot, one.value, one.key + 1), ['p']);
        /** What of a slot and below is neither handled nor a dead letter. */
        async function missing(upTo: number): Promise<string[]> {
          note();
          const letters = await bench.pipeline.deadLetters.list({ limit: 1_000 });
          const given = new Map(letters.map(letter => [`${letter.handler} ${letter.origin.key}`, letter]));
          const keys = new Map<string, string>();
          for (const one of told) {
            if (one.slot > upTo) continue;
            const { item } = { item: account(one.slot, one.value, one.key + 1) };
            assert.ok(item.kind === 'account');
            keys.set(keyOf(one), `${one.slot}:${await pubkeyText(item.pubkey)}:${item.writeVersion}`);
          }
          return [...keys.values()].filter(key =>
            ['a', 'b'].some(id => {
              if (done.has(`${id} ${key}`) || given.has(`${id} ${key}`)) return false;
              return !(rest.mode === 'sequential' && id === 'b' && given.has(`a ${key}`));
            }),
          );
        }

        for (const one of steps) {
          if (one.type === 'tell') {
            const update = { slot, value: one.value, key: one.key };
            if (told.some(other => keyOf(other) === keyOf(update))) continue;
            told.push(update);
            tell(update);
          } else if (one.type === 'slot') bench.runtime.onSettled(slot++);
          else if (one.type === 'time') await bench.settle(one.ms);
          else if (one.type === 'pause') {
            if (bench.pipeline.state === 'running') bench.pipeline.pause();
            else bench.pipeline.resume();
          } else if (one.type === 'end') {
            const waiting = handlers().flatMap(handler => handler.waiting);
            const chosenCall = waiting[one.at % Math.max(1, waiting.length)];
            for (const handler of handlers()) {
              const at = chosenCall === undefined ? -1 : handler.waiting.indexOf(chosenCall);
              if (at >= 0) handler.waiting.splice(at, 1);
            }
            chosenCall?.end(one.fails ? new Error('no') : undefined);
            await bench.settle();
          } else {
            note();
            bench = await start();
            const since = bench.pipeline.checkpoint ?? 0;
            for (const update of told) if (update.slot > since) tell(update);
            bench.runtime.onSettled(slot - 1);
          }
          const checkpoint = Math.max(bench.pipeline.checkpoint ?? -1, (await storedOf(bench)) ?? -1);
          assert.deepEqual(await missing(checkpoint), [], `ahead at ${checkpoint}`);
        }

        if (bench.pipeline.state === 'paused') bench.pipeline.resume();
        for (const handler of handlers()) handler.isHeld = false;
        bench.runtime.onSettled(slot);
        for (let turn = 0; turn < 30; turn++) {
          for (const handler of handlers()) handler.release();
          await bench.settle(100);
        }
        assert.deepEqual(await missing(slot), []);
        assert.deepEqual([bench.pipeline.checkpoint, bench.pipeline.queueDepth], [slot, 0]);
      }),
      { numRuns: 60 },
    );
  });
});

const storedOf = (bench: PipelineBench) => bench.stored();

async function pubkeyText(pubkey: Uint8Array): Promise<string> {
  const { encode } = await import('../../../../src/chains/solana/base58.ts');
  return encode(pubkey);
}
