import assert from 'node:assert/strict';
import { join } from 'node:path';
import { describe, it, type TestContext } from 'node:test';
import type { Durability } from '../../src/storage/channel/messages.ts';
import { readCheckpoint, writeCheckpointFile } from '../../src/storage/database/checkpoint-file.ts';
import { checkFile } from '../../src/storage/database/file-check.ts';
import { storeFiles } from '../../src/storage/database/store-files.ts';
import type { WritingStart } from '../fixtures/storage/writing-process.ts';
import { isNextWhileOpening, KilledProcesses, killCount, ProcessLife } from '../support/killed-processes.ts';

const kills = killCount(40);
const moments = { openingMs: 60, workingMs: 40 };
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
  const processes = new KilledProcesses(t, entry);
  const { directory } = processes;
  const path = storeFiles(join(directory, 'kv')).data;
  const acknowledged = new Map<string, number>();
  let writes = 0;
  let next = processes.launch();
  for (let round = 0; round < rounds; round++) {
    const child = await next;
    // Loading takes longer than a round, so that the next one does it meanwhile.
    next = processes.launch();
    const start: WritingStart = { directory, durability, from: highest(acknowledged) + 1 };
    const isWhileOpening = isNextWhileOpening();
    const heard = new HeardLife(durability, acknowledged);
    const life = new ProcessLife(child, start, heard);
    const ending = await life.killSoon(moments, isWhileOpening);
    assert.equal(ending, 'SIGKILL', `round ${round}: it ended by itself (${ending})`);
    behindKill(join(directory, 'kv'));
    assert.deepEqual(heard.wrong, [], `round ${round}`);
    writes += heard.writes;
    if (durability === 'memory') acknowledged.clear();
    if (round % 10 === 0 && !isWhileOpening) {
      assert.deepEqual(checkFile(path, { depth: 'full' }).problems, [], `round ${round}`);
    }
  }
  const heard = new HeardLife(durability, acknowledged);
  const last = new ProcessLife(
    await next,
    { directory, durability, from: 1e9 } satisfies WritingStart,
    heard,
  );
  await last.firstLine;
  await last.kill();
  assert.deepEqual(heard.wrong, []);
  assert.deepEqual(checkFile(path, { depth: 'full' }).problems, []);
  assert.ok(writes > rounds, `only ${writes} writes were acknowledged`);
  t.diagnostic(`${durability}: ${rounds} kills, ${writes} acknowledged writes`);
}

type Found = readonly (readonly [key: string, value: number | string])[];

/** What one life of the process said. */
class HeardLife {
  /** What was found at the start and should not have been. */
  readonly wrong: string[] = [];
  writes = 0;
  readonly #durability: Durability;
  readonly #acknowledged: Map<string, number>;

  constructor(durability: Durability, acknowledged: Map<string, number>) {
    this.#durability = durability;
    this.#acknowledged = acknowledged;
  }

  onLine(line: string): void {
    const [key, number] = line.split(' ');
    this.#acknowledged.set(key!, Number(number));
    this.writes++;
  }

  onFound(found: Found): void {
    const values = new Map(found);
    for (const [key, value] of found) if (typeof value !== 'number') this.wrong.push(`${key}: ${value}`);
    if (this.#durability === 'memory') return;
    for (const [key, number] of this.#acknowledged) {
      const value = values.get(key);
      // A later write may have been applied without anybody hearing of it.
      if (typeof value !== 'number' || value < number) {
        this.wrong.push(`${key}: ${number} was acknowledged, ${value} is there`);
      }
    }
  }
}

function highest(acknowledged: Map<string, number>): number {
  return Math.max(0, ...acknowledged.values());
}
