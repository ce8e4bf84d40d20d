import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import type { Devnet } from '../../../src/devnet/devnet.ts';
import { writerName } from '../../../src/storage/runtime/writer-process.ts';
import { interference, type Recorded, recorded } from '../../fixtures/pipelines/recording-handler.ts';
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
const swiftRetry = 'retry: { attempts: 2, delay: 10ms }';

describe('pipelines that are steered, fail and change under events', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  const followed = new FollowedFeed();
  let devnet: Devnet;
  let trunkline: RunningTrunkline;
  let events: SolanaEvents;
  let path: string;
  let folder: string;
  const pipelines = {
    told: emittedPipeline('told', feed),
    kept: emittedPipeline('kept', `${storage}, ${record}`),
    small: emittedPipeline('small', record, 'buffer: { max_capacity: 1 }'),
    failing: emittedPipeline('failing', record, swiftRetry),
    strict: emittedPipeline('strict', record, 'max_parse_errors: 1'),
  };
  const yaml = (changed: Record<string, string> = {}) =>
    solanaYaml(devnet, {
      geyser: swiftGeyser,
      storage: join(folder, 'data'),
      pipelines: Object.values({ ...pipelines, ...changed }).join('\n'),
    });

  before(async () => {
    folder = temporaryFolder(cleanup);
    path = join(folder, 'chains.yaml');
    devnet = await startSolanaDevnet(cleanup);
    writeFileSync(path, yaml());
    trunkline = await startTrunkline(yaml(), cleanup, {}, path);
    await trunkline.allUp();
    await followed.follow(trunkline.wsUrl);
    events = new SolanaEvents({ nodeUrl: devnet.node.url });
    await eventually(() => followed.of('slots').length > 3, 'slots');
    events.start();
  });
  afterEach(() => {
    interference.before = () => {};
  });
  after(async () => {
    followed.end();
    for (const end of ends.reverse()) await end();
  });

  const of = (pipeline: string) => recorded.filter(record => record.pipeline === pipeline);
  const more = (pipeline: string, count = 3) => {
    const { length } = of(pipeline);
    return eventually(() => of(pipeline).length >= length + count, `${pipeline} goes on`);
  };
  async function admin(method: 'GET' | 'POST', action: string, body?: object) {
    const response = await fetch(`${trunkline.url}/admin/${action}`, {
      method,
      headers: { authorization: `Bearer ${trunkline.adminToken}`, 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    assert.equal(response.status, 200, await response.clone().text());
    return (await response.json()) as Record<string, unknown>;
  }
  const steer = (pipeline: string, command: string) =>
    admin('POST', 'pipelines/command', { pipeline, command });

  it('one that is paused holds up no other, and is told what it missed when it goes on', async () => {
    await more('small');
    assert.equal((await steer('small', 'pause')).state, 'paused');
    await more('kept', 8);
    const { length } = of('small');
    await more('kept', 8);
    assert.equal(of('small').length, length);
    assert.equal((await steer('small', 'resume')).state, 'running');
    await more('small', 16);
    await more('kept');
  });

  it('one whose parser throws too often waits in error, alone, and goes on after a reset', async () => {
    await events.emit('throw');
    const state = async () => {
      const { pipelines } = (await admin('GET', 'pipelines')) as {
        pipelines: { id: string; state: string; parseErrors: number }[];
      };
      return pipelines.find(({ id }) => id === 'strict')!;
    };
    await eventually(async () => (await state()).state === 'error', 'in error');
    await more('kept');
    const { length } = of('strict');
    assert.equal((await steer('strict', 'reset')).state, 'running');
    await eventually(() => of('strict').length > length + 3, 'it goes on');
    assert.equal((await state()).parseErrors, 1);
  });

  it('what a handler gives up is among the dead letters, and is handled once it is replayed', async () => {
    const refused: Recorded[] = [];
    interference.before = record => {
      if (record.pipeline !== 'failing' || record.n % 5 !== 0) return;
      refused.push(record);
      throw new Error('not this one');
    };
    await eventually(() => refused.length >= 4, 'refused');
    await more('failing');
    interference.before = () => {};
    const wanted = [...new Set(refused.map(({ n }) => n))];
    const listed = (await admin('POST', 'pipelines/dead-letters', { pipeline: 'failing' })) as {
      letters: { attempts: number }[];
    };
    assert.deepEqual(
      listed.letters.map(({ attempts }) => attempts),
      wanted.map(() => 2),
    );
    const { length } = of('failing');
    const { replayed } = await admin('POST', 'pipelines/dead-letters/replay', {
      pipeline: 'failing',
      all: true,
    });
    assert.equal(replayed, wanted.length);
    const again = of('failing')
      .slice(length)
      .map(({ n }) => n);
    assert.ok(wanted.every(n => again.includes(n)));
  });

  it('a section of the config that changes restarts what it concerns, and nothing is lost', async () => {
    for (const pipeline of ['kept', 'small', 'strict']) {
      const numbers = of(pipeline).map(({ n }) => n);
      assert.equal(new Set(numbers).size, numbers.length, `${pipeline}: each once until now`);
    }
    const from = trunkline.log().length;
    writeFileSync(
      path,
      yaml({
        small: emittedPipeline('small', record, 'buffer: { max_capacity: 50 }'),
        added: emittedPipeline('added', record),
      }),
    );
    await eventually(() => trunkline.log().slice(from).includes('new config accepted'), 'accepted');
    await more('added');
    await more('small');
    await more('kept');
  });

  it('the storage thread is killed: nothing is lost, nothing told twice', async () => {
    for (let kills = 0; kills < 3; kills++) {
      await more('kept');
      const { system } = trunkline.exchange;
      system.exit(system.registry.whereis(writerName)!, 'kill');
      const { length } = followed.of('events');
      await eventually(() => followed.of('events').length > length + 3, 'the feed goes on', 20_000);
    }
  });

  it('each was given every event, in order, whatever befell the others, and the feed each once', async () => {
    await events.stop();
    const truth = (await events.events()).filter(({ n }) => !Number.isNaN(n));
    const last = truth.at(-1)!.n;
    for (const pipeline of ['kept', 'small', 'strict', 'failing', 'added'])
      await eventually(() => of(pipeline).some(({ n }) => n === last), `${pipeline} is at the end`);
    const numbers = truth.map(({ n }) => n);
    // What was not settled when the config changed may come again, with equal keys.
    const told = (pipeline: string) =>
      [...new Map(of(pipeline).map(record => [record.key, record])).values()].map(({ n }) => n);
    for (const pipeline of ['kept', 'small', 'strict']) assertToldOnce(told(pipeline), numbers, pipeline);
    assertToldOnce(told('failing'), numbers, 'failing', { inOrder: false });
    const [first] = told('added');
    assertToldOnce(told('added'), numbers.slice(numbers.indexOf(first!)), 'added');
    const keys = truth.map(({ slot, signature }) => `${slot}:${signature}`);
    await followed.toldAll(keys.length, ['events']);
    assertToldOnce(followed.keys('events'), keys, 'the feed');
    for (const status of ['confirmed', 'finalized'])
      assertSlots(
        followed.of('slots').map(({ data }) => data as unknown as ToldSlot),
        status,
      );
  });

  it('shows no key and no token to anybody', async () => {
    const get = async (at: string) => (await fetch(`${trunkline.url}/${at}`)).text();
    const texts = [
      trunkline.log(),
      await get('stats'),
      await get('metrics'),
      await get('health'),
      JSON.stringify(await admin('GET', 'pipelines')),
      JSON.stringify(await admin('GET', 'tree')),
      JSON.stringify(await admin('GET', 'debug/metrics')),
    ];
    const secrets = [
      ...devnet.geysers.map(({ token }) => token!),
      ...devnet.providers.map(({ url }) => new URL(url).pathname.slice(1)),
    ];
    assert.ok(secrets.every(secret => secret.length >= 16));
    for (const secret of secrets)
      for (const [at, text] of texts.entries()) assert.ok(!text.includes(secret), `a secret in text ${at}`);
  });
});
