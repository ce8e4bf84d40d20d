import type { ChainCalls } from '../../chains/chain-calls.ts';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';

export interface BelievedSlotsDeps {
  readonly calls: ChainCalls;
  readonly clock: Clock;
  readonly log: Log;
  /** Counts what was not believed. */
  readonly rejected: CounterCell;
}

/** Slots above the newest one that is known to be real that are believed without a question. */
const SLOT_LEAD = 128;
/** No chain makes slots faster than one in so many milliseconds for long. */
const SLOT_MS = 200;
/** No chain gets here: what is stored and ordered by slot has six bytes for it. */
const END_OF_SLOTS = 2 ** 47;
/** Milliseconds between questions that nobody waits for. */
const ASK_EVERY_MS = 10_000;
const CALL_TIMEOUT_MS = 5000;
/** Milliseconds after which the first word of an endpoint is taken where no provider says anything. */
const FIRST_WORD_MS = 10_000;
const AGAIN_MS = 500;

/** Whether it can be the number of a slot at all. */
export function isSlot(value: unknown): value is number {
  return typeof value === 'number' && Number.isSafeInteger(value) && value >= 0 && value < END_OF_SLOTS;
}

/**
 * Which slots a source believes in: those that a chain can have got to since its providers told where it is. Of others
 * the providers are asked before anything is made of them.
 */
export class BelievedSlots {
  readonly #deps: BelievedSlotsDeps;
  /** The newest slot that is known to be real, and when it was learnt. */
  #known: { readonly slot: number; readonly at: number } | undefined;
  #isFirstWord = true;
  #asked: Promise<number | undefined> | undefined;
  #askedAt = Number.NEGATIVE_INFINITY;

  constructor(deps: BelievedSlotsDeps) {
    this.#deps = deps;
  }

  /** A slot is known to be real: a checkpoint says so, or a provider. */
  learn(slot: number): void {
    if (!isSlot(slot) || (this.#known !== undefined && slot <= this.#known.slot)) return;
    this.#known = { slot, at: this.#deps.clock.now() };
  }

  /** Whether the slot can be real by what is known. */
  isNear(slot: number): boolean {
    if (!isSlot(slot) || this.#known === undefined) return false;
    const { slot: known, at } = this.#known;
    return slot - known <= SLOT_LEAD + (this.#deps.clock.now() - at) / SLOT_MS;
  }

  /** The same. Has the providers asked early enough that this seldom says no. */
  believes(slot: number): boolean {
    const isFar = this.#known !== undefined && slot - this.#known.slot > SLOT_LEAD / 2;
    if (isFar && this.#deps.clock.now() - this.#askedAt > ASK_EVERY_MS) void this.#ask();
    return this.isNear(slot);
  }

  /** Whether the slot is real, as the providers say. Where it is not, that is counted. */
  async confirms(slot: number): Promise<boolean> {
    const isReal = isSlot(slot) && (await this.#isReal(slot));
    if (isReal) this.#isFirstWord = false;
    else this.#deps.rejected.inc();
    return isReal;
  }

  async #isReal(slot: number): Promise<boolean> {
    const { clock, log } = this.#deps;
    const since = clock.now();
    for (;;) {
      if (this.believes(slot)) return true;
      const newest = await this.#ask();
      if (newest !== undefined) return this.believes(slot);
      if (!this.#isFirstWord) return false;
      if (clock.now() - since >= FIRST_WORD_MS) {
        log.error('no provider says where the chain is: what the endpoint tells is taken as it is', { slot });
        this.learn(slot);
        return true;
      }
      await new Promise<void>(resolve => void clock.setTimeout(resolve, AGAIN_MS));
    }
  }

  /** Where the chain is, as a provider says; undefined: none says it. One question at a time. */
  #ask(): Promise<number | undefined> {
    const { calls, clock } = this.#deps;
    if (this.#asked !== undefined) return this.#asked;
    this.#askedAt = clock.now();
    this.#asked = calls
      .call('getSlot', [{ commitment: 'processed' }], { timeoutMs: CALL_TIMEOUT_MS })
      .then(slot => (isSlot(slot) ? slot : undefined))
      .catch(() => undefined)
      .then(slot => {
        this.#asked = undefined;
        if (slot !== undefined) this.#learnAsked(slot);
        return slot;
      });
    return this.#asked;
  }

  /** What is known is real as of now where a provider is at it. */
  #learnAsked(slot: number): void {
    if (this.#known !== undefined && slot < this.#known.slot) return;
    this.#known = { slot, at: this.#deps.clock.now() };
  }
}
