import assert from 'node:assert/strict';
import { it } from 'node:test';
import fc from 'fast-check';
import type { Head } from '../../../../src/chains/chain-family.ts';
import { settle, setUpFollower } from './setup.ts';

const providers = ['p', 'q', 'r', 's'];

interface Script {
  /** How many blocks back the parent of each block is. */
  readonly tree: readonly number[];
  readonly providerCount: number;
  readonly steps: readonly Step[];
  /** The block that the last branch grows on, as a share of all. */
  readonly lastParent: number;
}

interface Step {
  readonly kind:
    | 'announced'
    | 'polled'
    | 'gone'
    | 'settle'
    | 'wait'
    | 'restart'
    | 'hold'
    | 'release'
    | 'demand';
  readonly provider: number;
  readonly block: number;
}

const weights: Readonly<Record<Step['kind'], number>> = {
  announced: 14,
  polled: 4,
  settle: 14,
  wait: 1,
  gone: 1,
  restart: 1,
  hold: 1,
  release: 4,
  demand: 1,
};

const kinds = Object.entries(weights).map(([kind, weight]) => ({
  weight,
  arbitrary: fc.constant(kind as Step['kind']),
}));

/** Not the ends of the range rather than its middle. */
const share = fc.noBias(fc.integer({ min: 0, max: 999 })).map(thousandths => thousandths / 1000);

const scripts: fc.Arbitrary<Script> = fc.record({
  tree: fc.array(fc.oneof(fc.constant(0), fc.noBias(fc.nat(8))), {
    minLength: 3,
    maxLength: 40,
    size: 'max',
  }),
  providerCount: fc.noBias(fc.integer({ min: 1, max: providers.length })),
  steps: fc.array(
    fc.record({
      kind: fc.oneof(...kinds),
      provider: fc.noBias(fc.nat(3)),
      block: share,
    }),
    { maxLength: 80, size: 'max' },
  ),
  lastParent: share,
});

/** Plays a script, then has the majority of providers at the end of the longest branch. */
async function play({ tree, providerCount, steps, lastParent }: Script): Promise<void> {
  const set = setUpFollower();
  const { chain, clock, logs, sink, failures } = set;
  await set.start();
  const blocks: Head[] = chain.grow(undefined, 2);
  tree.forEach((back, i) => {
    blocks.push(...chain.grow(blocks[Math.max(1, blocks.length - 1 - back)], 1, `x${i}`));
  });
  const pick = (share: number) =>
    blocks[1 + Math.min(blocks.length - 2, Math.floor(share * (blocks.length - 1)))]!;
  await set.announce('p', blocks[0]!);
  for (const { kind, provider, block } of steps) {
    const id = providers[provider % providerCount]!;
    if (kind === 'announced' || kind === 'polled') set.tell(id, pick(block), kind);
    else if (kind === 'gone') set.follower.providerGone(id);
    else if (kind === 'settle') await settle();
    else if (kind === 'wait') await clock.advanceAndSettle(1000 + 20_000 * block);
    else if (kind === 'restart') await set.restart();
    else if (kind === 'hold') logs.hold(pick(block));
    else if (kind === 'release') logs.release();
    else logs.version++;
  }
  logs.release();
  const top = blocks.reduce((highest, { number }) => Math.max(highest, number), 0);
  const parent = pick(lastParent);
  const last = chain.grow(parent, top + 1 - parent.number, 'last').at(-1)!;
  const majority = Math.floor(providerCount / 2) + 1;
  for (let i = 0; i < majority; i++) set.tell(providers[i]!, last);
  await clock.advanceAndSettle(20_000, 4);
  assert.deepEqual(failures, []);
  assert.deepEqual(sink.tip, last);
  assert.deepEqual(
    sink.events.filter(event => event.startsWith('skip')),
    [],
  );
}

it('whatever the order in which providers tell of whatever branches, the sink hears one valid sequence that ends where most of them are', async () => {
  await fc.assert(fc.asyncProperty(scripts, play), { numRuns: 150 });
});
