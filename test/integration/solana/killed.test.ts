import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { setTimeout as pass } from 'node:timers/promises';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { findFreePort } from '../../../src/devnet/free-port.ts';
import type { Recorded } from '../../fixtures/pipelines/recording-handler.ts';
import { eventually } from '../../support/eventually.ts';
import { FollowedFeed } from '../../support/followed-feed.ts';
import { killCount } from '../../support/killed-processes.ts';
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
import { type CommandRun, TrunklineCommands } from '../../support/trunkline-process.ts';

const { record, feed, storage } = emittedHandlers;

describe('Trunkline as a process of its own under events', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  const followed = new FollowedFeed();
  let devnet: Devnet;
  let events: SolanaEvents;
  let commands: TrunklineCommands;
  let run: CommandRun;
  let port: number;
  let yaml: string;
  let folder: string;

  const start = async () => {
    run = commands.startOn(yaml, port, {
      TRUNKLINE_TEST_RECORD: join(folder, 'record'),
      // Most of a start is compiling; the cache is written by those that end in order.
      NODE_COMPILE_CACHE: join(folder, 'compiled'),
    });
    await eventually(
      async () => (await fetch(`http://127.0.0.1:${port}/ready`)).status === 200,
      'ready',
      30_000,
    );
  };

  before(async () => {
    folder = temporaryFolder(cleanup);
    devnet = await startSolanaDevnet(cleanup);
    port = await findFreePort('127.0.0.1');
    commands = new TrunklineCommands(cleanup);
    yaml = solanaYaml(devnet, {
      geyser: swiftGeyser,
      storage: join(folder, 'data'),
      pipelines: [emittedPipeline('told', feed), emittedPipeline('kept', `${storage}, ${record}`)].join('\n'),
    });
    await start();
    await followed.follow(`ws://127.0.0.1:${port}`);
    events = new SolanaEvents({ nodeUrl: devnet.node.url });
    await eventually(() => followed.of('slots').length > 3, 'slots');
    events.start();
  });
  after(async () => {
    followed.end();
    for (const end of ends.reverse()) await end();
  });

  it('is stopped under load: exit code 0, and the cursors of its clients go on', async () => {
    for (let stops = 0; stops < 1; stops++) {
      const { length } = followed.of('events');
      const breaks = followed.breaks.length;
      run.child.kill('SIGTERM');
      assert.equal(await run.exited, 0);
      await eventually(() => followed.breaks.length > breaks, 'the client hears of it');
      assert.match(followed.breaks.at(-1)!, /^1001 /);
      await start();
      await eventually(() => followed.of('events').length > length + 3, 'the feed goes on', 30_000);
    }
  });

  it('is killed again and again', async () => {
    for (let kills = killCount(6); kills > 0; kills--) {
      await pass(Math.random() * 600);
      run.child.kill('SIGKILL');
      await run.exited;
      await start();
    }
    const { length } = followed.of('events');
    await eventually(() => followed.of('events').length > length + 3, 'the feed goes on', 30_000);
  });

  it('told each event exactly once to who resumes by cursor, and handled each at least once', async () => {
    await events.stop();
    const truth = await events.events();
    assert.ok(truth.length > 100);
    const keys = truth.map(({ slot, signature }) => `${slot}:${signature}`);
    await followed.toldAll(keys.length);
    await pass(300);
    for (const topic of ['logs', 'transactions', 'events'] as const)
      assertToldOnce(followed.keys(topic), keys, topic);
    const handled = readFileSync(join(folder, 'record'), 'utf8')
      .trim()
      .split('\n')
      .map(line => JSON.parse(line) as Recorded);
    const keysByNumber = new Map<number, Set<string>>();
    for (const { n, key } of handled) {
      const known = keysByNumber.get(n) ?? new Set();
      keysByNumber.set(n, known.add(key));
    }
    assertToldOnce(
      [...keysByNumber.keys()],
      truth.map(({ n }) => n),
      'handled',
    );
    assert.ok(
      [...keysByNumber.values()].every(({ size }) => size === 1),
      'equal keys',
    );
    assert.deepEqual(
      followed.of('gaps').filter(({ data }) => data.recovered !== 'transactions'),
      [],
    );
  });

  it('missed no slot, and told no status twice', () => {
    for (const status of ['confirmed', 'finalized'])
      assertSlots(
        followed.of('slots').map(({ data }) => data as unknown as ToldSlot),
        status,
      );
  });
});
