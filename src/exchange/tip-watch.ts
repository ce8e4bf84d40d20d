import type { Clock } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';

/** How long the feed of a chain may stand still while its providers go on. */
const stallMs = 30_000;

/** Notices that a chain is not followed any more although its providers go on, as when nobody gives the logs of a block. */
export class TipWatch {
  readonly #chain: string;
  readonly #clock: Clock;
  readonly #log: Log;
  #tip = -1;
  #best = -1;
  #movedAt: number;
  #isTold = false;

  constructor(chain: string, { clock, log }: { readonly clock: Clock; readonly log: Log }) {
    this.#chain = chain;
    this.#clock = clock;
    this.#log = log;
    this.#movedAt = clock.now();
  }

  /** Blocks that the feed is behind, when it stands still; 0: it does not. */
  get stalledBy(): number {
    return this.#best > this.#tip && this.#clock.now() - this.#movedAt >= stallMs
      ? this.#best - this.#tip
      : 0;
  }

  /** Takes the number of the newest block in the feed and of the best head; -1: none. */
  note(tip: number, best: number): void {
    const wasBehind = this.#best > this.#tip;
    this.#best = best;
    if (tip !== this.#tip || !wasBehind) {
      this.#tip = tip;
      this.#movedAt = this.#clock.now();
    }
    const { stalledBy } = this;
    if (stalledBy > 0 === this.#isTold) return;
    this.#isTold = stalledBy > 0;
    const fields = { chain: this.#chain, block: tip, head: best };
    if (this.#isTold) this.#log.warn('the feed of a chain stands still while its providers go on', fields);
    else this.#log.info('the feed of a chain goes on', fields);
  }
}
