import { type Commitment, commitments } from '../chains/solana/commitment.ts';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { ChainPosition, SessionChain, SignatureStatus } from './session-chain.ts';
import type { SentTransaction } from './session-record.ts';
import { unlessStopped } from './waits.ts';

export interface ConfirmationOptions {
  readonly commitment: Commitment;
  /** Milliseconds after which a transaction is looked for in the chain's history, and given up when it has expired. */
  readonly confirmTimeoutMs: number;
}

export interface ConfirmationDependencies {
  readonly chain: SessionChain;
  readonly clock: Clock;
  readonly log: Log;
  /** A transaction was sent again. */
  readonly onSent: () => void;
}

/** What became of a transaction, for good. `expired`: it is not on the chain, and cannot be any more. */
export type Confirmation =
  | { readonly kind: 'landed'; readonly slot: number; readonly error: string | undefined }
  | { readonly kind: 'expired' };

interface Watched {
  readonly sent: SentTransaction;
  readonly resolve: (confirmation: Confirmation) => void;
  /** Monotonic: from then on the history is searched. */
  readonly searchAt: number;
  /** Monotonic: when the same bytes are sent again. */
  resendAt: number;
}

const pollMs = 250;
/** Between looks into the history, which are dearer. */
const searchMs = 2_000;
const resendMs = 2_000;
const maxAsked = 256;

/** Follows transactions that were sent until their end is sure, all of them by the same few calls. */
export class Confirmations {
  readonly #options: ConfirmationOptions;
  readonly #deps: ConfirmationDependencies;
  readonly #watched = new Set<Watched>();
  #timer: TimerHandle | undefined;
  #isPolling = false;
  #searchAt = 0;

  constructor(options: ConfirmationOptions, deps: ConfirmationDependencies) {
    this.#options = options;
    this.#deps = deps;
  }

  /**
   * Resolves when the transaction has the configured commitment, carried out or not, or when it never can have it. Sends the
   * same bytes again until then.
   *
   * @param options.isOld it was sent by an earlier run, if at all
   * @throws SessionError `session_stopped`
   */
  async follow(
    sent: SentTransaction,
    options: { readonly isOld: boolean; readonly signal: AbortSignal },
  ): Promise<Confirmation> {
    const { isOld, signal } = options;
    const now = this.#deps.clock.now();
    const { promise, resolve } = Promise.withResolvers<Confirmation>();
    const watched = {
      sent,
      resolve,
      searchAt: isOld ? now : now + this.#options.confirmTimeoutMs,
      resendAt: isOld ? now : now + resendMs,
    };
    this.#watched.add(watched);
    if (isOld) this.#searchAt = now;
    this.#arm(isOld ? 0 : pollMs, signal);
    try {
      return await unlessStopped(promise, signal);
    } finally {
      this.#watched.delete(watched);
      if (this.#watched.size === 0) {
        this.#deps.clock.clearTimeout(this.#timer);
        this.#timer = undefined;
      }
    }
  }

  #arm(delayMs: number, signal: AbortSignal): void {
    if (this.#isPolling || this.#timer !== undefined || this.#watched.size === 0 || signal.aborted) return;
    this.#timer = this.#deps.clock.setTimeout(() => {
      this.#timer = undefined;
      void this.#poll(signal);
    }, delayMs);
  }

  async #poll(signal: AbortSignal): Promise<void> {
    this.#isPolling = true;
    try {
      const now = this.#deps.clock.now();
      const isSearch = now >= this.#searchAt && [...this.#watched].some(({ searchAt }) => now >= searchAt);
      if (isSearch) this.#searchAt = now + searchMs;
      const due = [...this.#watched].filter(({ searchAt }) => isSearch || now < searchAt);
      // Before the statuses: what is not there although the chain is beyond its last block will not come.
      const position = isSearch ? await this.#deps.chain.position(signal) : undefined;
      for (let at = 0; at < due.length; at += maxAsked)
        await this.#ask(due.slice(at, at + maxAsked), position, signal);
    } catch (error) {
      if (!signal.aborted) this.#deps.log.debug('transactions could not be looked up', { error });
    } finally {
      this.#isPolling = false;
      this.#arm(pollMs, signal);
    }
  }

  async #ask(
    asked: readonly Watched[],
    position: ChainPosition | undefined,
    signal: AbortSignal,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    const { slot, statuses } = await this.#deps.chain.statuses(
      asked.map(({ sent }) => sent.signature),
      { isHistorySearched: position !== undefined, signal },
    );
    for (const [index, watched] of asked.entries()) {
      const status = statuses[index];
      if (status !== undefined) this.#judge(watched, status);
      else if (position !== undefined && slot >= position.slot && this.#isExpired(watched, position))
        watched.resolve({ kind: 'expired' });
      else if (now >= watched.resendAt) {
        watched.resendAt = now + resendMs;
        void this.#resend(watched.sent, signal);
      }
    }
  }

  #judge(watched: Watched, { commitment, slot, error }: SignatureStatus): void {
    if (commitments.indexOf(commitment) < commitments.indexOf(this.#options.commitment)) return;
    watched.resolve({ kind: 'landed', slot, error });
  }

  #isExpired({ sent, searchAt }: Watched, { blockHeight }: ChainPosition): boolean {
    return this.#deps.clock.now() >= searchAt && blockHeight > sent.lastValidBlockHeight;
  }

  async #resend({ bytes, signature }: SentTransaction, signal: AbortSignal): Promise<void> {
    this.#deps.onSent();
    try {
      await this.#deps.chain.send(bytes, signal);
    } catch (error) {
      if (!signal.aborted)
        this.#deps.log.debug('a transaction could not be sent again', { signature, error });
    }
  }
}
