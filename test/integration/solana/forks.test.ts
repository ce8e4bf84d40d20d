import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { type Recorded, recorded } from '../../fixtures/pipelines/recording-handler.ts';
import { eventually } from '../../support/eventually.ts';
import { FollowedFeed } from '../../support/followed-feed.ts';
import { SolanaEvents } from '../../support/solana-events.ts';
import {
  emittedHandlers,
  emittedPipeline,
  solanaYaml,
  startSolanaDevnet,
  swiftGeyser,
} from '../../support/solana-setup.ts';
import { assertSlots, assertToldOnce, type ToldSlot } from '../../support/told-once.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const { record } = emittedHandlers;

/** What remains of a list whose removed members take back what came before. */
function remaining(told: readonly { readonly key: string; readonly isRemoved: boolean }[]): string[] {
  const standing = new Set<string>();
  for (const { key, isRemoved } of told) {
    assert.equal(standing.has(key), isRemoved, `${key} ${isRemoved ? 'was not there' : 'came twice'}`);
    if (isRemoved) standing.delete(key);
    else standing.add(key);
  }
  return [...standing];
}

describe('forks and skipped slots under events', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  const followed = new FollowedFeed();
  const dead: number[] = [];
  let devnet: Devnet;
  let trunkline: RunningTrunkline;
  let truth: { slot: number; signature: string; n: number }[];

  before(async () => {
    devnet = await startSolanaDevnet(cleanup, { confirmAfter: 3 });
    const yaml = solanaYaml(devnet, {
      geyser: swiftGeyser,
      gather: 'commitment: processed',
      pipelines: (['processed', 'confirmed', 'finalized'] as const)
        .map(commitment => emittedPipeline(commitment, record, `commitment: ${commitment}`))
        .join('\n'),
    });
    trunkline = await startTrunkline(yaml, cleanup);
    await trunkline.allUp();
    await followed.follow(trunkline.wsUrl);
    const events = new SolanaEvents({ nodeUrl: devnet.node.url, everyMs: 50 });
    await eventually(() => followed.of('slots').length > 3, 'slots');
    events.start();
    for (let round = 0; round < 12; round++) {
      await pass(200);
      dead.push(...(await devnet.fork(1 + (round % 3), { drop: round % 4 === 3 })));
      if (round % 3 === 2) await devnet.skip(2);
      if (round % 4 === 1) await devnet.fault(1, 'drop-grpc', { once: true });
    }
    await events.stop();
    truth = await events.events();
    const last = truth.at(-1)!;
    await eventually(
      () => recorded.some(({ pipeline, n }) => pipeline === 'finalized' && n === last.n),
      'the last one is finalized',
    );
  });
  after(async () => {
    followed.end();
    for (const end of ends.reverse()) await end();
  });

  const of = (commitment: string): readonly Recorded[] =>
    recorded.filter(({ pipeline }) => pipeline === commitment);
  const numbers = () => truth.map(({ n }) => n);

  it('at processed, what was told of a slot that died is told again as removed', () => {
    const told = of('processed');
    assert.ok(told.some(({ isRemoved }) => isRemoved));
    const standing = new Set(remaining(told));
    const last = told.filter(({ key, isRemoved }) => standing.has(key) && !isRemoved);
    assertToldOnce(
      last.map(({ n }) => n),
      numbers(),
      'what stands at processed',
      { inOrder: false },
    );
    const died = new Set(dead);
    assert.ok(told.filter(({ isRemoved }) => isRemoved).every(({ slot }) => died.has(slot)));
  });

  for (const commitment of ['confirmed', 'finalized']) {
    it(`at ${commitment}, nothing of them is told, all else in order`, () => {
      const told = of(commitment);
      assert.deepEqual(
        told.filter(({ isRemoved }) => isRemoved),
        [],
      );
      assertToldOnce(
        told.map(({ n }) => n),
        numbers(),
        commitment,
      );
    });
  }

  it('in the feed, gathered at processed, the same', async () => {
    const keys = truth.map(({ slot, signature }) => `${slot}:${signature}`);
    const told = () =>
      followed.of('logs').map(({ data }) => ({
        key: `${data.slot}:${data.signature}`,
        isRemoved: data.removed === true,
      }));
    await eventually(() => remaining(told()).length >= keys.length, 'all in the feed');
    assert.ok(told().some(({ isRemoved }) => isRemoved));
    assertToldOnce(remaining(told()), keys, 'the feed', { inOrder: false });
  });

  it('and the topic of slots tells which are dead', async () => {
    const slots = () => followed.of('slots').map(({ data }) => data as unknown as ToldSlot);
    const told = () => new Set(slots().flatMap(({ slot, status }) => (status === 'dead' ? [slot] : [])));
    await eventually(() => dead.every(slot => told().has(slot)), 'all dead slots');
    assertToldOnce([...told()], [...new Set(dead)], 'dead slots', { inOrder: false });
    assertSlots(slots());
  });
});
