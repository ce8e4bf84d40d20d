import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { handlingName } from '../../../supervisors/pipelines.ts';
import { interference } from '../../fixtures/pipelines/recording-handler.ts';
import { eventually } from '../../support/eventually.ts';
import { changedProcesses, processesOf } from '../../support/live-tree.ts';
import { temporaryFolder } from '../../support/solana-setup.ts';
import { type RunningTrunkline, startTrunkline } from '../../support/trunkline.ts';

const fixtures = join(import.meta.dirname, '../../fixtures/pipelines');

/** A pipeline that reads slots. */
const slots = (more = '') =>
  `{ chain: sol, kind: slot, handlers: [{ type: log, level: debug }]${more === '' ? '' : `, ${more}`} }`;
/** One whose handler is what the test makes of it. */
const interfered = (drainTimeout: string) =>
  `{ chain: sol, kind: slot, handlers: [{ type: module, path: "${fixtures}/recording-handler.ts" }], drain_timeout: ${drainTimeout} }`;

describe('pipelines that a new config changes', () => {
  const ends: (() => void | Promise<void>)[] = [];
  const cleanup = { after: (end: () => void | Promise<void>) => void ends.push(end) };
  let trunkline: RunningTrunkline;
  let path: string;
  let current: Record<string, string> = {
    kept: slots(),
    changed: slots(),
    ended: slots(),
    stuck: interfered('2s'),
  };

  const text = () =>
    [
      'chains:',
      '  sol: { family: solana, block_time: 100ms, devnet: { providers: 1 } }',
      'pipelines:',
      ...Object.entries(current).map(([id, pipeline]) => `  ${id}: ${pipeline}`),
    ].join('\n');
  const pipelines = () => trunkline.chain('sol').pipelines!;
  const pipeline = (id: string) => pipelines().running.find(running => running.id === id);
  const isRunning = (id: string) =>
    eventually(() => (pipeline(id)?.status().checkpoint ?? 0) > 0, `${id} handles slots`);
  /** The processes of pipelines by their place below `pipelines`. */
  const processes = () => {
    const root = 'chains/chain:sol/pipelines/';
    const all = [...processesOf(trunkline.exchange)].filter(([place]) => place.startsWith(root));
    return new Map(all.map(([place, pid]) => [place.slice(root.length), pid]));
  };
  /** Writes another config; settles once it is accepted, with the processes that changed. */
  async function change(pipelines: Record<string, string>) {
    const before = processes();
    const from = trunkline.log().length;
    current = pipelines;
    writeFileSync(path, text());
    await eventually(() => trunkline.log().slice(from).includes('new config accepted'), 'accepted', 20_000);
    return changedProcesses(before, processes());
  }

  before(async () => {
    path = join(temporaryFolder(cleanup), 'chains.yaml');
    writeFileSync(path, text());
    trunkline = await startTrunkline(text(), cleanup, {}, path);
    await trunkline.allUp();
    for (const id of ['kept', 'changed', 'ended', 'feed.sol.slots']) await isRunning(id);
  });
  afterEach(() => {
    interference.before = () => {};
  });
  after(async () => {
    for (const end of ends.reverse()) await end();
  });

  it('are started and ended by themselves: neighbours run on, and one that is paused stays paused', async () => {
    pipeline('kept')!.pause();
    const { kept, stuck } = current as { kept: string; stuck: string };
    const earlier = pipeline('changed')!;
    const found = await change({ kept, stuck, changed: slots('buffer: { batch_size: 7 }'), added: slots() });
    assert.deepEqual(found, {
      replaced: ['handling/pipeline:changed'],
      gone: ['handling/pipeline:ended'],
      added: ['handling/pipeline:added'],
    });
    await isRunning('added');
    await isRunning('changed');
    assert.equal(earlier.state, 'shutdown');
    assert.equal(pipeline('changed')!.definition.buffer.batchSize, 7);
    assert.ok(pipeline('changed')!.checkpoint! >= earlier.checkpoint!);
    assert.equal(pipeline('ended'), undefined);
    assert.equal(pipeline('kept')!.state, 'paused');
    pipeline('kept')!.resume();
  });

  it('bring the stream that they read, where nobody read it before', async () => {
    const { replaced, gone, added } = await change({ ...current, added: slots('commitment: processed') });
    assert.deepEqual([replaced, gone], [['handling/pipeline:added'], []]);
    assert.ok(added.includes('sources/source:geyser:processed'));
    assert.ok(added.every(place => place.startsWith('sources/source:geyser:processed')));
    await isRunning('added');
  });

  it('are shown as broken as long as they cannot be made', async () => {
    const missing = '{ chain: sol, kind: slot, handlers: [{ type: module, path: "missing.ts" }] }';
    const { gone } = await change({ ...current, added: missing });
    assert.deepEqual(gone, ['handling/pipeline:added']);
    assert.deepEqual(
      pipelines().broken.map(({ id }) => id),
      ['added'],
    );
    await change({ ...current, kept: slots('buffer: { batch_size: 8 }') });
    assert.equal(pipelines().broken.length, 1);
    await change({ ...current, added: slots() });
    assert.deepEqual(pipelines().broken, []);
    await isRunning('added');
  });

  it('wait for no other that is slow to end', async () => {
    let isStuck = false;
    interference.before = () => {
      isStuck = true;
      return new Promise(() => {});
    };
    await eventually(() => isStuck, 'a handler that does not end');
    const before = pipeline('stuck')!;
    const changing = change({
      ...current,
      stuck: interfered('3s'),
      added: slots('buffer: { batch_size: 9 }'),
    });
    await eventually(() => pipeline('added')?.definition.buffer.batchSize === 9, 'the other one is changed');
    assert.equal(pipeline('stuck'), before, 'it drains');
    interference.before = () => {};
    const { replaced } = await changing;
    assert.deepEqual(replaced.toSorted(), ['handling/pipeline:added', 'handling/pipeline:stuck']);
    await isRunning('stuck');
  });

  it('are those of the config after a crash of their supervisor, too', async () => {
    const { ended: _, ...rest } = current;
    await change({ ...rest, late: slots() });
    const before = processes();
    trunkline.exchange.system.exit(handlingName('sol'), 'kill');
    await eventually(() => {
      const { replaced, gone, added } = changedProcesses(before, processes());
      return gone.length + added.length === 0 && replaced.includes('handling/pipeline:late');
    }, 'all of them again');
    await isRunning('late');
  });
});
