import { keyOf, type TreeBlock } from './block-tree.ts';
import type { CanonicalBlock } from './canonical-sink.ts';
import type { LogGatherer } from './log-gatherer.ts';

/** What blocks are made ready with. */
export interface BlockPreparationDeps {
  readonly logs: LogGatherer;
  /** The bloom in a header. */
  readonly bloomIn: (header: Buffer) => string | undefined;
  /** Gets a header that was not announced into the block; settles when it is there or after the abort. */
  readonly complete: (block: TreeBlock, signal: AbortSignal) => Promise<void>;
  /** A block has become ready. */
  readonly onReady: () => void;
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
}

interface Work {
  readonly abort: AbortController;
  ready: CanonicalBlock | undefined;
  version: number;
}

const retryMs = 1000;

/** Has the headers and the logs of the next blocks gathered side by side, ahead of their turn. */
export class BlockPreparation {
  readonly #deps: BlockPreparationDeps;
  readonly #works = new Map<string, Work>();

  constructor(deps: BlockPreparationDeps) {
    this.#deps = deps;
  }

  /** These blocks are next; the work for all others is given up. */
  want(blocks: readonly TreeBlock[]): void {
    const wanted = new Set(blocks.map(({ head }) => keyOf(head)));
    for (const [key, { abort }] of this.#works) {
      if (wanted.has(key)) continue;
      this.#works.delete(key);
      abort.abort();
    }
    for (const block of blocks) if (!this.#works.has(keyOf(block.head))) this.#start(block);
  }

  /** The block with all logs that are demanded by now; undefined: not ready, or it is gathered again because the demand grew. */
  take(block: TreeBlock): CanonicalBlock | undefined {
    const work = this.#works.get(keyOf(block.head));
    if (work?.ready === undefined) return undefined;
    if (work.version === this.#deps.logs.version) return work.ready;
    this.#start(block);
    return undefined;
  }

  #start(block: TreeBlock): void {
    const work: Work = { abort: new AbortController(), ready: undefined, version: 0 };
    this.#works.set(keyOf(block.head), work);
    void this.#prepare(block, work);
  }

  async #prepare(block: TreeBlock, work: Work): Promise<void> {
    const { logs, bloomIn, complete, onReady, pause } = this.#deps;
    const { signal } = work.abort;
    while (!signal.aborted) {
      try {
        if (block.header === undefined) await complete(block, signal);
        const { head, header, providerId } = block;
        if (header === undefined) continue;
        work.version = logs.version;
        const gathered = await logs.gather({ ...head, bloom: bloomIn(header) }, providerId ?? '', signal);
        if (signal.aborted) return;
        work.ready = { head, header, logs: gathered };
        return onReady();
      } catch {
        // It was aborted; else it is a fault of what gathers, and a block must not be left out for that.
        await pause(retryMs, signal);
      }
    }
  }
}
