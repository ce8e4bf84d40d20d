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
} from '../../support/solana-setup.ts';
import { assertToldOnce } from '../../support/told-once.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const { record, feed } = emittedHandlers;

describe('an event in every block, by log subscriptions, while providers fail', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  let devnet: Devnet;
  let trunkline: RunningTrunkline;
  let events: SolanaEvents;
  const followed = new FollowedFeed();

  before(async () => {
    devnet = await startSolanaDevnet(cleanup);
    const yaml = solanaYaml(devnet, {
      pipelines: emittedPipeline('by-logs', `${feed}, ${record}`, 'source: logs'),
    });
    trunkline = await startTrunkline(yaml, cleanup);
    await trunkline.allUp();
    await followed.follow(trunkline.wsUrl);
    events = new SolanaEvents({ nodeUrl: devnet.node.url });
    await eventually(() => followed.of('slots').length > 3, 'slots');
    events.start();
  });
  after(async () => {
    followed.end();
    for (const end of ends.reverse()) await end();
  });

  const goesOn = async () => {
    const { length } = followed.of('logs');
    await eventually(() => followed.of('logs').length > length + 2, 'the feed goes on');
  };

  for (const [kind, options] of [
    ['kill', {}],
    ['drop-ws', {}],
    ['hang', {}],
    ['lag', { blocks: 10 }],
    ['truncate', {}],
    ['null-tx', {}],
  ] as const) {
    it(`of the first provider: ${kind}`, async () => {
      await devnet.fault(1, kind, options);
      await pass(700);
      await goesOn();
      await devnet.heal();
    });
  }

  it('of all, for a while', async () => {
    for (const { id } of devnet.providers) await devnet.fault(id, 'kill');
    await pass(1000);
    await devnet.heal();
    await goesOn();
  });

  it('lost none and repeated none', async () => {
    await events.stop();
    const truth = await events.events();
    assert.ok(truth.length > 50);
    const keys = truth.map(({ slot, signature }) => `${slot}:${signature}`);
    await followed.toldAll(keys.length);
    const handled = () => recorded.filter(({ pipeline }) => pipeline === 'by-logs').map(({ n }) => n);
    await eventually(() => handled().length >= truth.length, 'all handled');
    await pass(300);
    for (const topic of ['logs', 'transactions', 'events'] as const)
      assertToldOnce(followed.keys(topic), keys, topic, { inOrder: false });
    assertToldOnce(
      handled(),
      truth.map(({ n }) => n),
      'handled',
      { inOrder: false },
    );
    assert.deepEqual(followed.of('gaps'), []);
  });
});
