import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { Devnet } from '../../../src/devnet/devnet.ts';
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

describe('an event in every block before two Trunklines', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  const racing = new FollowedFeed();
  const losing = new FollowedFeed();
  let devnet: Devnet;
  let trunkline: RunningTrunkline;
  let events: SolanaEvents;
  let since = 0;

  before(async () => {
    devnet = await startSolanaDevnet(cleanup);
    const start = async (geyser: string, feed: FollowedFeed) => {
      const yaml = solanaYaml(devnet, {
        geyser: `${swiftGeyser}, ${geyser}`,
        pipelines: emittedPipeline('told', emittedHandlers.feed),
      });
      const started = await startTrunkline(yaml, cleanup);
      await started.allUp();
      await feed.follow(started.wsUrl);
      await eventually(() => feed.of('slots').length > 3, 'slots');
      return started;
    };
    trunkline = await start('mode: race', racing);
    await start('max_backfill: 0', losing);
    events = new SolanaEvents({ nodeUrl: devnet.node.url });
    events.start();
  });
  after(async () => {
    racing.end();
    losing.end();
    for (const end of ends.reverse()) await end();
  });

  const goesOn = async (feed: FollowedFeed) => {
    const { length } = feed.of('logs');
    await eventually(() => feed.of('logs').length > length + 2, 'the feed goes on');
  };

  it('race: what one endpoint loses, lags behind or doubles comes from another', async () => {
    for (const [id, kind, options] of [
      [1, 'geyser-lose', { updates: 3 }],
      [2, 'geyser-duplicate', {}],
      [3, 'lag', { transport: 'grpc', blocks: 8 }],
      [2, 'geyser-dead', { times: 3 }],
    ] as const) {
      await devnet.fault(id, kind, options);
      await pass(500);
      await goesOn(racing);
      await devnet.heal();
    }
    await devnet.fault(1, 'kill');
    await goesOn(racing);
    await devnet.heal();
  });

  it('standby with max_backfill 0: what no stream can replay is an explicit gap', async () => {
    // Nobody notices what a single endpoint loses and yet tells as whole, as the first one did until now.
    await goesOn(losing);
    since = Number(losing.of('logs').at(-1)!.data.slot);
    for (const { id } of devnet.providers) {
      await devnet.fault(id, 'geyser-replay', { style: 'out_of_range' });
      await devnet.fault(id, 'drop-grpc');
    }
    await pass(1000);
    for (const { id } of devnet.providers) {
      await devnet.heal(id);
      await devnet.fault(id, 'geyser-replay', { style: 'out_of_range' });
    }
    await eventually(() => losing.of('gaps').length > 0, 'a gap');
    await devnet.heal();
    await goesOn(losing);
    await goesOn(racing);
  });

  it('without any endpoint, reads are served and health says what is missing', async () => {
    for (const { id } of devnet.providers) await devnet.fault(id, 'drop-grpc');
    const stats = async () => JSON.stringify(await (await fetch(`${trunkline.url}/stats`)).json());
    await eventually(async () => /"status":"(connecting|failed)"/.test(await stats()), 'told in the stats');
    const started = performance.now();
    const response = await fetch(`${trunkline.url}/rpc/sol`, {
      method: 'POST',
      body: '{"jsonrpc":"2.0","id":1,"method":"getSlot"}',
    });
    assert.ok(((await response.json()) as { result: number }).result > 0);
    assert.ok(performance.now() - started < 2000);
    await devnet.heal();
    await goesOn(racing);
  });

  it('the one that raced lost none and repeated none', async () => {
    await events.stop();
    const keys = (await events.events()).map(({ slot, signature }) => `${slot}:${signature}`);
    await racing.toldAll(keys.length);
    for (const topic of ['logs', 'transactions', 'events'] as const)
      assertToldOnce(racing.keys(topic), keys, topic);
    assertSlots(racing.of('slots').map(({ data }) => data as unknown as ToldSlot));
    assert.deepEqual(racing.of('gaps'), []);
  });

  it('the other one lost what its gaps say and no more', async () => {
    const truth = (await events.events()).filter(({ slot }) => slot >= since);
    const last = truth.at(-1)!;
    await eventually(
      () => losing.keys('logs').includes(`${last.slot}:${last.signature}`),
      'it is at the end',
    );
    const gaps = losing.of('gaps').map(({ data }) => data as unknown as { fromSlot: number; toSlot: number });
    const isLost = (slot: number) => gaps.some(({ fromSlot, toSlot }) => slot >= fromSlot && slot <= toSlot);
    const told = new Set(losing.keys('logs'));
    const untold = truth.filter(({ slot, signature }) => !told.has(`${slot}:${signature}`));
    assert.ok(untold.length > 0);
    assert.deepEqual(
      untold.filter(({ slot }) => !isLost(slot)),
      [],
    );
    assert.equal(losing.keys('logs').length, told.size);
  });
});
