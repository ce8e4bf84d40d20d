import type { StreamCatchUp } from '../chains/chain-family.ts';
import type { Clock, TimerHandle } from '../clock/clock.ts';

/** Calls by which a stream learns what it missed. Neither rejects, and both settle within bounded time. */
export interface StreamReads {
  /**
   * The result's bytes; undefined: nobody answered with one.
   * @param params a JSON array
   * @param options `providerId`: asked first; the others are asked when it gives no result
   */
  read(method: string, params: string, options: { readonly providerId: string }): Promise<Buffer | undefined>;
}

/** What a reader of gaps needs. */
export interface GapReaderDeps {
  readonly clock: Clock;
  readonly reads: StreamReads;
  /** Whether the stream has told an event. */
  readonly wasTold: () => boolean;
  /** What the stream would have told. */
  readonly deliver: (event: Buffer) => void;
  /** Nobody answered: what was missed stays so. */
  readonly onMissed: () => void;
}

const firstRetryMs = 500;
const maxRetries = 4;
/** So long a provider may take to tell the one thing that a stream is for, before it is asked for. */
const firstAskMs = 2_000;
const maxAskMs = 30_000;

/**
 * Asks for what a stream may have missed while no provider carried it; and, where it has but one thing to tell, also while
 * that is being waited for.
 */
export class GapReader {
  readonly #catchUp: StreamCatchUp;
  readonly #deps: GapReaderDeps;
  #timer: TimerHandle | undefined;
  #wasLive = false;
  /** Changes with each gap: an answer to what was asked for an earlier one is followed by one for this. */
  #round = 0;
  #isStopped = false;

  constructor(catchUp: StreamCatchUp, deps: GapReaderDeps) {
    this.#catchUp = catchUp;
    this.#deps = deps;
  }

  /** A provider carries the stream, which none did before. */
  begin(providerId: string): void {
    const isGap = this.#wasLive;
    this.#wasLive = true;
    const round = ++this.#round;
    this.#deps.clock.clearTimeout(this.#timer);
    if (isGap) this.#ask(providerId, round, firstRetryMs, maxRetries);
    else if (this.#catchUp.isAwaited) this.#later(providerId, round, firstAskMs, 0);
  }

  stop(): void {
    this.#isStopped = true;
    this.#deps.clock.clearTimeout(this.#timer);
  }

  #later(providerId: string, round: number, delayMs: number, retries: number): void {
    this.#deps.clock.clearTimeout(this.#timer);
    this.#timer = this.#deps.clock.setTimeout(
      () => this.#ask(providerId, round, delayMs * 2, retries),
      delayMs,
    );
  }

  #ask(providerId: string, round: number, nextMs: number, retries: number): void {
    const { method, params, isAwaited } = this.#catchUp;
    void this.#deps.reads.read(method, params, { providerId }).then(result => {
      if (this.#isStopped || round !== this.#round) return;
      if (result !== undefined) this.#told(result);
      // Telling it may have ended the stream.
      if (this.#isStopped) return;
      if (isAwaited) this.#later(providerId, round, Math.min(nextMs, maxAskMs), 0);
      else if (result === undefined && retries > 0) this.#later(providerId, round, nextMs, retries - 1);
      else if (result === undefined) this.#deps.onMissed();
    });
  }

  #told(result: Buffer): void {
    const event = this.#catchUp.event(result, this.#deps.wasTold());
    if (event !== undefined) this.#deps.deliver(event);
  }
}
