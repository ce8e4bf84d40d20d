import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { explainFailure } from '../../src/cli/explain-failure.ts';
import { storeFiles } from '../../src/storage/database/store-files.ts';
import { RunningStorage } from '../support/storage-runtime.ts';
import { seededRandom } from '../unit/storage/database/store-fixture.ts';

const keys = 400;
const value = (index: number) => `${index}:${'x'.repeat(index % 20 === 0 ? 6000 : index % 150)}`;

describe('a database that was damaged while Trunkline was stopped', () => {
  const directory = mkdtempSync(join(tmpdir(), 'trunkline-damage-'));
  const files = storeFiles(join(directory, 'kv'));
  const intact = `${files.data}.intact`;

  before(async () => {
    const storage = new RunningStorage({ directory });
    await storage.start();
    const kv = storage.client.store('kv');
    await kv.mset(Array.from({ length: keys }, (_, i) => [`key:${i}`, value(i)] as const));
    await storage.stop();
    copyFileSync(files.data, intact);
  });
  after(() => rmSync(directory, { recursive: true, force: true }));

  /** Starts over the damaged file. @returns why it did not start, or that every value is right */
  async function startOver(damaged: Buffer): Promise<string> {
    writeFileSync(files.data, damaged);
    const storage = new RunningStorage({ directory });
    try {
      await storage.start();
    } catch (error) {
      return explainFailure(error);
    } finally {
      if (storage.client.recovery.state !== 'running') await storage.stop();
    }
    const kv = storage.client.store('kv');
    for (let i = 0; i < keys; i++) assert.equal((await kv.get(`key:${i}`))?.toString(), value(i), `key:${i}`);
    await storage.stop();
    return 'whole';
  }

  it('is not opened with its tail cut', async () => {
    const whole = readFileSync(intact);
    for (const share of [0.2, 0.5, 0.9]) {
      const length = Math.floor((whole.length * share) / 512) * 512;
      assert.match(await startOver(whole.subarray(0, length)), /is damaged and was not opened/);
    }
    assert.match(await startOver(Buffer.alloc(0)), /missing or empty, though it was not before/);
  });

  it('is not opened with a flipped bit, or answers nothing wrong', async () => {
    const random = seededRandom(11);
    const outcomes = { refused: 0, whole: 0 };
    for (let round = 0; round < 12; round++) {
      const damaged = readFileSync(intact);
      damaged[random(damaged.length)]! ^= 1 << random(8);
      const outcome = await startOver(damaged);
      if (outcome === 'whole') outcomes.whole++;
      else {
        assert.match(outcome, /^The store in .*kv is damaged and was not opened: .*trunkline storage check/);
        outcomes.refused++;
      }
    }
    assert.ok(outcomes.refused > 2, JSON.stringify(outcomes));
  });

  it('is opened again once the backup is in place', async () => {
    assert.equal(await startOver(readFileSync(intact)), 'whole');
  });
});
