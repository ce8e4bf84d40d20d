import assert from 'node:assert/strict';
import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { describe, it, type TestContext } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import type { Durability } from '../../src/storage/channel/messages.ts';
import { readCheckpoint, writeCheckpointFile } from '../../src/storage/database/checkpoint-file.ts';
import { checkFile } from '../../src/storage/database/file-check.ts';
import { storeFiles } from '../../src/storage/database/store-files.ts';
import type { WritingStart } from '../fixtures/storage/writing-process.ts';

/** How often the process is killed; 500 times with TRUNKLINE_KILLS=500. */
const kills = Number(process.env.TRUNKLINE_KILLS ?? 40);
/** The share of kills while the storage is opened; the others hit it while it writes. */
const killsWhileOpening = 0.15;
/** Milliseconds within which the kill comes: behind the order to open, or behind the first write. */
const openingMs = 60;
const writingMs = 40;

const entry = join(import.meta.dirname, '../fixtures/storage/writing-process.ts');

describe('kill -9 of the whole process under writes', () => {
  it(`loses no acknowledged write of a \`commit\` store, ${kills} times`, t => killing(t, 'commit', kills));

  it('loses no acknowledged write of an `fsync` store', t => killing(t, 'fsync', Math.ceil(kills / 8)));

  it('loses no acknowledged write of an `fsync` store when the system ends with it', t =>
    killing(t, 'fsync', Math.ceil(kills / 8), endSystem));

  it('may cost a `memory` store its last writes, never more', t =>
    killing(t, 'memory', Math.ceil(kills / 8)));
});

/** From the last checkpoint on nothing counts: as if another run of the system found the store. */
function endSystem(directory: string): void {
  const { checkpoint } = storeFiles(directory);
  const record = readCheckpoint(checkpoint);
  if (record === undefined) return;
  writeCheckpointFile(checkpoint, { ...record, sequence: record.sequence + 1, bootId: 'before' });
}

async function killing(
  t: TestContext,
  durability: Durability,
  rounds: number,
  behindKill: (directory: string) => void = () => {},
): Promise<void> {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-kills-'));
  const path = storeFiles(join(directory, 'kv')).data;
  const children = new Set<ChildProcess>();
  t.after(() => {
    for (const child of children) child.kill('SIGKILL');
    rmSync(directory, { recursive: true, force: true });
  });
  const acknowledged = new Map<string, number>();
  let writes = 0;
  const launch = () => spawn(children, join(directory, 'compiled'));
  let next = launch();
  for (let round = 0; round < rounds; round++) {
    const child = await next;
    // Loading takes longer than a round, so that the next one does it meanwhile.
    next = launch();
    const start: WritingStart = { directory, durability, from: highest(acknowledged) + 1 };
    const isWhileOpening = Math.random() < killsWhileOpening;
    const run = new Round(child, durability, acknowledged);
    child.send(start);
    if (!isWhileOpening) await run.firstWrite;
    await pause(Math.random() * (isWhileOpening ? openingMs : writingMs));
    child.kill('SIGKILL');
    const ending = await run.ended;
    assert.equal(ending, 'SIGKILL', `round ${round}: it ended by itself (${ending})`);
    children.delete(child);
    behindKill(join(directory, 'kv'));
    assert.deepEqual(run.wrong, [], `round ${round}`);
    writes += run.writes;
    if (durability === 'memory') acknowledged.clear();
    if (round % 10 === 0 && !isWhileOpening) {
      assert.deepEqual(checkFile(path, { depth: 'full' }).problems, [], `round ${round}`);
    }
  }
  const last = await next;
  const run = new Round(last, durability, acknowledged);
  last.send({ directory, durability, from: 1e9 } satisfies WritingStart);
  await run.firstWrite;
  last.kill('SIGKILL');
  await run.ended;
  assert.deepEqual(run.wrong, []);
  assert.deepEqual(checkFile(path, { depth: 'full' }).problems, []);
  assert.ok(writes > rounds, `only ${writes} writes were acknowledged`);
  t.diagnostic(`${durability}: ${rounds} kills, ${writes} acknowledged writes`);
}

/** One life of the process. */
class Round {
  /** What was found at the start and should not have been. */
  readonly wrong: string[] = [];
  writes = 0;
  readonly firstWrite: Promise<void>;
  readonly ended: Promise<string>;

  constructor(child: ChildProcess, durability: Durability, acknowledged: Map<string, number>) {
    let seen = () => {};
    this.firstWrite = new Promise(resolve => {
      seen = resolve;
    });
    const lines = createInterface({ input: child.stdout! });
    lines.on('line', line => {
      if (line.startsWith('found ')) this.#compare(JSON.parse(line.slice(6)), durability, acknowledged);
      else {
        const [key, number] = line.split(' ');
        acknowledged.set(key!, Number(number));
        this.writes++;
        seen();
      }
    });
    this.ended = Promise.all([once(child, 'exit'), once(lines, 'close')]).then(([[code, signal]]) => {
      seen();
      return String(signal ?? code);
    });
  }

  #compare(found: [string, number | string][], durability: Durability, acknowledged: Map<string, number>) {
    const values = new Map(found);
    for (const [key, value] of found) if (typeof value !== 'number') this.wrong.push(`${key}: ${value}`);
    if (durability === 'memory') return;
    for (const [key, number] of acknowledged) {
      const value = values.get(key);
      // A later write may have been applied without anybody hearing of it.
      if (typeof value !== 'number' || value < number) {
        this.wrong.push(`${key}: ${number} was acknowledged, ${value} is there`);
      }
    }
  }
}

async function spawn(children: Set<ChildProcess>, cache: string): Promise<ChildProcess> {
  const env = { ...process.env, NODE_COMPILE_CACHE: cache };
  const child = fork(entry, { env, stdio: ['ignore', 'pipe', 'inherit', 'ipc'] });
  children.add(child);
  const [word] = await Promise.race([once(child, 'message'), once(child, 'exit')]);
  assert.equal(word, 'loaded');
  return child;
}

function highest(acknowledged: Map<string, number>): number {
  return Math.max(0, ...acknowledged.values());
}
