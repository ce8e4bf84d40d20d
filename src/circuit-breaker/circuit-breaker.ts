/** How a breaker reacts; `circuit_breaker` of the config. */
export interface CircuitBreakerOptions {
  /** Failures in a row that open it. @default 5 */
  readonly failureThreshold: number;
  /** Successes while half-open that close it; also the number of requests admitted at once while half-open. @default 2 */
  readonly successThreshold: number;
}

/** `closed`: traffic flows; `open`: none does; `half_open`: a few requests find out; `unowned`: its process is down, none does. */
export type BreakerState = 'closed' | 'open' | 'half_open' | 'unowned';

/** The process behind a breaker: runs its timers and decides when it opens up again. */
export interface BreakerOwner {
  /** The breaker opened itself in the request's path. `again`: out of half-open, so the next recovery takes longer. */
  onOpened(again: boolean, why: string): void;
  /** Enough requests succeeded while half-open. */
  onRecovered(): void;
}

/** Proof of admission: give it back once, by `success`, `failure` or `release`. `0`: not admitted. */
export type Permit = number;

/**
 * The state of what it guards, such as one transport of a provider, that each request reads and feeds. It opens by
 * itself at the threshold, so not one more request is sent; everything slower is its owner's. Results of requests that
 * were admitted before the last change of state are ignored: they tell about the past.
 */
export class CircuitBreaker {
  readonly #options: CircuitBreakerOptions;
  #state: BreakerState = 'unowned';
  #stateBefore: Exclude<BreakerState, 'unowned'> = 'closed';
  #owner: BreakerOwner | undefined;
  #permit = 1;
  #failures = 0;
  #successes = 0;
  #trials = 0;

  constructor(options: CircuitBreakerOptions) {
    this.#options = options;
  }

  get state(): BreakerState {
    return this.#state;
  }

  /** Failures in a row while closed. */
  get failures(): number {
    return this.#failures;
  }

  /** Whether `tryAcquire()` would admit a request now. */
  get isAdmitting(): boolean {
    return (
      this.#state === 'closed' ||
      (this.#state === 'half_open' && this.#trials < this.#options.successThreshold)
    );
  }

  /** Asks to send one request. */
  tryAcquire(): Permit {
    if (this.#state === 'closed') return this.#permit;
    if (!this.isAdmitting) return 0;
    this.#trials++;
    return this.#permit;
  }

  /** Whether the request decides, with a few others, whether the breaker closes: it should come to an outcome. */
  isTrial(permit: Permit): boolean {
    return permit === this.#permit && this.#state === 'half_open';
  }

  /** The request was answered, whatever the answer. */
  success(permit: Permit): void {
    if (permit !== this.#permit) return;
    if (this.#state === 'closed') {
      this.#failures = 0;
    } else if (this.#state === 'half_open') {
      this.#trials--;
      if (++this.#successes === this.#options.successThreshold) this.#owner?.onRecovered();
    }
  }

  /** What it guards failed the request. */
  failure(permit: Permit, why: string): void {
    if (permit !== this.#permit) return;
    if (this.#state === 'half_open') this.#open(true, why);
    else if (this.#state === 'closed' && ++this.#failures >= this.#options.failureThreshold)
      this.#open(false, why);
  }

  /** The request tells nothing about what it guards: cancelled, rate-limited, never sent. */
  release(permit: Permit): void {
    if (this.isTrial(permit)) this.#trials--;
  }

  /** Opens it at once, as when what it guards has gone silent. */
  trip(why: string): void {
    if (this.#state === 'closed' || this.#state === 'half_open') this.#open(this.#state === 'half_open', why);
  }

  /**
   * A process takes it over and learns the state that it is in: closed, unless it was not closed when its last owner
   * died; then a few requests find out anew.
   */
  own(owner: BreakerOwner): 'closed' | 'half_open' {
    this.#owner = owner;
    const state = this.#stateBefore === 'closed' ? 'closed' : 'half_open';
    this.#enter(state);
    return state;
  }

  /** Its process is gone: nothing is admitted until another one owns it. Ignored when another one does already. */
  disown(owner: BreakerOwner): void {
    if (this.#owner !== owner) return;
    this.#owner = undefined;
    this.#enter('unowned');
  }

  /** Its owner lets a few requests through. */
  halfOpen(): void {
    this.#enter('half_open');
  }

  /** Its owner lets traffic flow. */
  close(): void {
    this.#enter('closed');
  }

  #open(again: boolean, why: string): void {
    this.#enter('open');
    this.#owner?.onOpened(again, why);
  }

  #enter(state: BreakerState): void {
    this.#state = state;
    if (state !== 'unowned') this.#stateBefore = state;
    this.#permit++;
    this.#failures = 0;
    this.#successes = 0;
    this.#trials = 0;
  }
}
