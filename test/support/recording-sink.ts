import assert from 'node:assert/strict';
import type {
  BlockGap,
  CanonicalBlock,
  CanonicalSink,
  FinalityTag,
  Reorganization,
} from '../../src/aggregation/canonical/canonical-sink.ts';
import type { Head } from '../../src/chains/chain-family.ts';

/**
 * A sink that keeps what it hears as short texts and checks that it is one valid sequence: each adopted block is a child
 * of the tip, a reorganisation takes back exactly the blocks from the tip down to the ancestor, one call at a time.
 */
export class RecordingSink implements CanonicalSink {
  /** `+100a`, `reorg 2 to 100a`, `skip outage 1-2`, `safe 100a`. */
  readonly events: string[] = [];
  readonly blocks: CanonicalBlock[] = [];
  readonly reorganizations: Reorganization[] = [];
  recent: Head[] = [];
  opened = 0;
  /** Throws in place of the call that would be the next one, once. */
  failNext = false;
  /** What a call waits for. */
  gate: Promise<void> = Promise.resolve();
  #isBusy = false;
  #isAfterGap = true;

  get tip(): Head | undefined {
    return this.recent.at(-1);
  }

  async open(): Promise<void> {
    this.opened++;
    this.#isBusy = false;
  }

  adopt(block: CanonicalBlock): Promise<void> {
    return this.#call(() => {
      const { head } = block;
      if (!this.#isAfterGap && this.tip !== undefined) {
        assert.equal(head.parentHash, this.tip?.hash, `${head.hash} is a child of the tip`);
        assert.equal(head.number, this.tip!.number + 1);
      }
      assert.deepEqual(JSON.parse(block.header.toString()), head);
      this.#isAfterGap = false;
      this.recent = [...this.recent, head].slice(-256);
      this.blocks.push(block);
      this.events.push(`+${name(head)}`);
    });
  }

  reorganize(change: Reorganization): Promise<void> {
    return this.#call(() => {
      const { ancestor, orphaned, adopted } = change;
      assert.ok(orphaned.length > 0, 'something is taken back');
      for (const head of orphaned) assert.equal(this.recent.pop()?.hash, head.hash);
      // With nothing left the ancestor may be older than the first block that was handed over.
      if (this.tip === undefined) this.#isAfterGap = true;
      else assert.equal(orphaned.at(-1)!.parentHash, ancestor.hash);
      if (this.tip !== undefined) assert.equal(this.tip.hash, ancestor.hash);
      let below = ancestor;
      for (const head of adopted) {
        assert.equal(head.parentHash, below.hash);
        below = head;
      }
      this.reorganizations.push(change);
      this.events.push(`reorg ${orphaned.length} to ${name(ancestor)}`);
    });
  }

  skip({ reason, fromBlock, toBlock }: BlockGap): Promise<void> {
    return this.#call(() => {
      assert.ok(fromBlock <= toBlock);
      if (reason === 'chain_reset') this.recent = [];
      this.#isAfterGap = true;
      this.events.push(`skip ${reason} ${fromBlock}-${toBlock}`);
    });
  }

  finality(tag: FinalityTag, block: Pick<Head, 'number' | 'hash'>): void {
    this.events.push(`${tag} ${name(block)}`);
  }

  pending(): void {}

  async #call(step: () => void): Promise<void> {
    assert.equal(this.#isBusy, false, 'one call at a time');
    this.#isBusy = true;
    await this.gate;
    if (this.failNext) {
      this.failNext = false;
      throw new Error('the sink refuses');
    }
    step();
    this.#isBusy = false;
  }
}

function name({ hash }: Pick<Head, 'hash'>): string {
  return hash.slice(2);
}
