import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { recorded } from '../../fixtures/pipelines/recording-handler.ts';
import { eventually } from '../../support/eventually.ts';
import { FollowedFeed } from '../../support/followed-feed.ts';
import { SolanaEvents } from '../../support/solana-events.ts';
import {
  emittedHandlers,
  emittedPipeline,
  solanaYaml,
  startSolanaDevnet,
  swiftGeyser,
  temporaryFolder,
} from '../../support/solana-setup.ts';
import { assertSlots, assertToldOnce, type ToldSlot } from '../../support/told-once.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const { record, feed, storage } = emittedHandlers;

describe('an event in every block while Geyser endpoints fail', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  let devnet: Devnet;
  let trunkline: RunningTrunkline;
  let events: SolanaEvents;
  const followed = new FollowedFeed();

  before(async () => {
    devnet = await startSolanaDevnet(cleanup);
    const yaml = solanaYaml(devnet, {
      geyser: swiftGeyser,
      storage: temporaryFolder(cleanup),
      pipelines: [
        emittedPipeline('told', feed),
        emittedPipeline('kept', `${storage}, ${record}`, 'retry: { delay: 10ms }'),
      ].join('\n'),
    });
    trunkline = await startTrunkline(yaml, cleanup);
    await trunkline.allUp();
    await followed.follow(trunkline.wsUrl);
    events = new SolanaEvents({ nodeUrl: devnet.node.url, url: `${trunkline.url}/rpc/sol` });
    await eventually(() => followed.of('slots').length > 3, 'slots');
    events.start();
  });
  after(async () => {
    followed.end();
    for (const end of ends.reverse()) await end();
  });

  const faults: readonly (readonly [kind: string, options?: Record<string, string | number>])[] = [
    ['drop-grpc'],
    ['kill'],
    ['hang', { transport: 'grpc' }],
    ['reset', { transport: 'grpc', stage: 'connect' }],
    ['geyser-stall', { pings: 'go_on' }],
    ['geyser-stall', { pings: 'stop' }],
    ['geyser-garbage', { style: 'random', times: 3 }],
    ['geyser-garbage', { style: 'cut', times: 3 }],
    ['geyser-garbage', { style: 'claim', times: 3 }],
    ['geyser-end', { reason: 'lagged', times: 3 }],
    ['geyser-end', { reason: 'internal', times: 3 }],
    ['geyser-refuse', { reason: 'too_many_streams' }],
    ['geyser-duplicate'],
    ['lag', { transport: 'grpc', blocks: 5 }],
  ];
  for (const [kind, options = {}] of faults) {
    it(`of one endpoint: ${kind} ${JSON.stringify(options)}`, async () => {
      const streaming = () => devnet.geysers.findIndex(geyser => geyser.counters().openStreams > 0);
      await eventually(() => streaming() >= 0, 'an endpoint that streams');
      await devnet.fault(streaming() + 1, kind, options);
      await pass(600);
      await devnet.heal();
      const { length } = followed.of('logs');
      await eventually(() => followed.of('logs').length > length + 2, 'the feed goes on');
    });
  }

  for (const style of ['out_of_range', 'unsupported']) {
    it(`of all: cut off, without a replay (${style}): what is missing is fetched`, async () => {
      for (const { id } of devnet.providers) {
        await devnet.fault(id, 'geyser-replay', { style });
        await devnet.fault(id, 'drop-grpc');
      }
      await pass(800);
      for (const { id } of devnet.providers) {
        await devnet.heal(id);
        await devnet.fault(id, 'geyser-replay', { style });
      }
      const { length } = followed.of('logs');
      await eventually(() => followed.of('logs').length > length + 2, 'the feed goes on');
      await devnet.heal();
    });
  }

  it('lost none, repeated none, told all in order', async () => {
    await events.stop();
    const truth = await events.events();
    assert.ok(truth.length > 100);
    const keys = truth.map(({ slot, signature }) => `${slot}:${signature}`);
    await followed.toldAll(keys.length);
    const handled = () => recorded.filter(({ pipeline }) => pipeline === 'kept').map(({ n }) => n);
    await eventually(() => handled().length >= truth.length, 'all handled');
    await pass(300);
    for (const topic of ['logs', 'transactions', 'events'] as const)
      assertToldOnce(followed.keys(topic), keys, topic);
    assertToldOnce(
      handled(),
      truth.map(({ n }) => n),
      'handled',
    );
    const kept: string[] = [];
    for await (const key of trunkline.exchange.storage!.store('kv').scan()) kept.push(String(key));
    assertToldOnce(
      kept,
      keys.map(key => `kept:${key}:0:0`),
      'kept',
      { inOrder: false },
    );
  });

  it('told each slot after its parent, each status once', () => {
    const slots = followed.of('slots').map(({ data }) => data as unknown as ToldSlot);
    assertSlots(slots);
  });

  it('told no gap of which nothing was fetched', () => {
    const lost = followed.of('gaps').filter(({ data }) => data.recovered !== 'transactions');
    assert.deepEqual(lost, []);
  });
});
