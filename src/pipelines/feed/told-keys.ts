import { createHash } from 'node:crypto';
import type { EventIndex, IndexChange } from '../../feed/log/event-index.ts';
import { endOf, numberOfKey, sortableNumber } from '../../feed/log/log-keys.ts';

/** Removes what pipelines whose names begin so have told: they end, or their chain is another one. */
export async function forgetTold(index: EventIndex, pipelines: string): Promise<void> {
  const prefix = Buffer.from(`t/${pipelines}`);
  while ((await index.removeRange(prefix, endOf(prefix), page.maxEntries)) === page.maxEntries);
}

const hashBytes = 12;
const page = { maxEntries: 1_000, maxBytes: 8 * 2 ** 20 };

/**
 * What a pipeline has told the feed, by slot: kept with the events themselves, in one write, so that nothing that comes
 * again after a crash is told again. Slots that the pipeline's checkpoint has passed are forgotten: they do not come again.
 */
export class ToldKeys {
  readonly #prefix: Buffer;
  readonly #slots = new Map<number, Buffer[]>();
  readonly #known = new Set<string>();

  constructor(pipeline: string) {
    this.#prefix = Buffer.from(`t/${pipeline}/`);
  }

  /** Slots that are remembered. */
  get slots(): number {
    return this.#slots.size;
  }

  /** Reads what was told before. */
  async restore(index: EventIndex): Promise<void> {
    this.#slots.clear();
    this.#known.clear();
    let from = this.#prefix;
    const end = endOf(this.#prefix);
    for (;;) {
      const records = await index.range(from, end, page);
      for (const { key, value } of records) {
        const hashes: Buffer[] = [];
        for (let at = 0; at + hashBytes <= value.length; at += hashBytes)
          hashes.push(value.subarray(at, at + hashBytes));
        this.#slots.set(numberOfKey(key), hashes);
        for (const hash of hashes) this.#known.add(hash.toString('latin1'));
      }
      const last = records.at(-1);
      if (last === undefined) return;
      from = Buffer.concat([last.key, Buffer.from([0])]);
    }
  }

  /**
   * Remembers that a key of a slot was told, or taken back; false: that was told last. One that was taken back can be told
   * anew: the slot came back.
   */
  add(slot: number, key: string, isRemoved = false): boolean {
    const hash = hashOf(isRemoved ? `${key}!` : key);
    const text = hash.toString('latin1');
    if (this.#known.has(text)) return false;
    this.#known.add(text);
    const hashes = this.#slots.get(slot) ?? [];
    this.#slots.set(slot, hashes);
    hashes.push(hash);
    const opposite = hashOf(isRemoved ? key : `${key}!`);
    if (this.#known.delete(opposite.toString('latin1'))) {
      hashes.splice(
        hashes.findIndex(other => other.equals(opposite)),
        1,
      );
    }
    return true;
  }

  /** What has to be written with the events of these slots, and with it what is forgotten: slots up to `passed`. */
  changes(slots: Iterable<number>, passed: number): IndexChange[] {
    const changes: IndexChange[] = [];
    let isAnyPassed = false;
    for (const [slot, hashes] of this.#slots) {
      if (slot > passed) continue;
      isAnyPassed = true;
      this.#slots.delete(slot);
      for (const hash of hashes) this.#known.delete(hash.toString('latin1'));
    }
    if (isAnyPassed) changes.push({ from: this.#prefix, to: this.#key(passed + 1) });
    for (const slot of slots) {
      const hashes = this.#slots.get(slot);
      if (hashes !== undefined) changes.push({ key: this.#key(slot), value: Buffer.concat(hashes) });
    }
    return changes;
  }

  #key(slot: number): Buffer {
    return Buffer.concat([this.#prefix, sortableNumber(slot)]);
  }
}

function hashOf(key: string): Buffer {
  return createHash('sha256').update(key).digest().subarray(0, hashBytes);
}
