import { setTimeout as delay } from 'node:timers/promises';
import { BenchStorage } from '../harness/bench-storage.ts';
import type { ChildProcesses } from '../harness/child-processes.ts';
import { now } from '../harness/now.ts';
import { quantile } from '../harness/statistics.ts';

/** What clients see of the sudden end of the storage thread. */
export interface ThreadRecovery {
  readonly deaths: number;
  /** Milliseconds from the end of the thread to the first write that is acknowledged again, per death. */
  readonly gapsMs: readonly number[];
  /** Writes acknowledged in all, and those of them that were not there at the end. */
  readonly acknowledged: number;
  readonly lost: number;
  /** Writes that failed. */
  readonly failed: number;
}

const writers = 20;
const entry = new URL('../processes/crashing-thread.ts', import.meta.url);
const quietMs = 500;
const pollMs = 20;
const mostWaitMs = 20_000;

/**
 * Ends the storage thread in the middle of writes. Each death is the first of its runtime: that one is followed by a
 * start at once, later ones in a row wait longer on purpose.
 */
export async function threadRecovery(
  children: ChildProcesses,
  { deaths = 10, durability = 'commit' }: { readonly deaths?: number; readonly durability?: string },
): Promise<ThreadRecovery> {
  const directory = children.makeFolder();
  const acknowledged: string[] = [];
  const gapsMs: number[] = [];
  let failed = 0;
  let lost = 0;
  for (let death = 1; death <= deaths; death++) {
    const storage = await BenchStorage.start(directory, `durability: ${durability}`, entry);
    const writes = new Writes(storage, `death-${death}`);
    await delay(quietMs);
    gapsMs.push(await gapOf(storage, writes));
    await writes.end();
    acknowledged.push(...writes.acknowledged);
    failed += writes.failed;
    if (death === deaths) lost = await missing(storage, acknowledged);
    await storage.stop();
    console.log(`  death ${death}/${deaths}: ${gapsMs.at(-1)!.toFixed(0)} ms without an acknowledgement`);
  }
  console.log(
    `\n  ${deaths} deaths: gap p50 ${quantile(gapsMs, 0.5).toFixed(0)} ms, longest ${Math.max(...gapsMs).toFixed(0)} ms; ${acknowledged.length} writes acknowledged, ${lost} lost, ${failed} failed\n`,
  );
  return { deaths, gapsMs, acknowledged: acknowledged.length, lost, failed };
}

/** Ends the thread and waits for the next one to acknowledge writes. @returns the longest time without one */
async function gapOf(storage: BenchStorage, writes: Writes): Promise<number> {
  const killedAt = now();
  writes.longestGapMs = 0;
  // Not repeatable, so it kills one thread only.
  await storage.store.incr('crash').catch(() => {});
  while (storage.restarts === 0 || writes.lastAt < killedAt + writes.longestGapMs) {
    if (now() - killedAt > mostWaitMs) throw new Error('the storage thread did not come back');
    await delay(pollMs);
  }
  return writes.longestGapMs;
}

async function missing(storage: BenchStorage, acknowledged: readonly string[]): Promise<number> {
  let lost = 0;
  for (let from = 0; from < acknowledged.length; from += 1_000) {
    const keys = acknowledged.slice(from, from + 1_000);
    const values = await storage.store.mget(keys);
    lost += values.filter((value, i) => value?.toString() !== keys[i]).length;
  }
  return lost;
}

/** Writes without pause, several at once. */
class Writes {
  readonly acknowledged: string[] = [];
  failed = 0;
  lastAt = now();
  longestGapMs = 0;
  readonly #loops: readonly Promise<void>[];
  #isOver = false;
  #count = 0;

  constructor(storage: BenchStorage, prefix: string) {
    this.#loops = Array.from({ length: writers }, async () => {
      while (!this.#isOver) {
        const key = `${prefix}-${this.#count++}`;
        try {
          await storage.store.set(key, key);
          this.acknowledged.push(key);
          this.longestGapMs = Math.max(this.longestGapMs, now() - this.lastAt);
          this.lastAt = now();
        } catch {
          this.failed++;
        }
      }
    });
  }

  async end(): Promise<void> {
    this.#isOver = true;
    await Promise.all(this.#loops);
  }
}
