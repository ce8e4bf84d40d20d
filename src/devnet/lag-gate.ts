import type { TimerHandle } from '../clock/clock.ts';
import type { ProviderContext } from './provider-context.ts';

const pollMs = 100;
const maxHeld = 10_000;

/**
 * Holds a WebSocket's events back while the provider lags, until their block is as old as the lag says.
 *
 * The head comes from the events themselves, and from asking the upstream while something is held: a stream of logs
 * alone does not tell that blocks go on. At 10,000 held events the oldest are dropped.
 */
export class LagGate {
  readonly #context: ProviderContext;
  readonly #send: (payload: Buffer) => void;
  #held: { readonly block: number; readonly payload: Buffer }[] = [];
  #head = 0;
  #poll: TimerHandle | undefined;

  constructor(context: ProviderContext, send: (payload: Buffer) => void) {
    this.#context = context;
    this.#send = send;
  }

  get isEmpty(): boolean {
    return this.#held.length === 0;
  }

  /** Sends an event, now or when its block is old enough. */
  admit(block: number, payload: Buffer): void {
    if (this.#blocks() === 0 && this.isEmpty) {
      this.#send(payload);
      return;
    }
    this.#head = Math.max(this.#head, block);
    this.#held.push({ block, payload });
    if (this.#held.length > maxHeld) this.#held.shift();
    this.update();
    if (!this.isEmpty) this.#poll ??= this.#context.clock.setInterval(() => void this.#askHead(), pollMs);
  }

  /** Sends what is due; all of it when the provider no longer lags. */
  update(): void {
    const blocks = this.#blocks();
    const newest = blocks === 0 ? Number.POSITIVE_INFINITY : this.#head - blocks;
    let due = 0;
    while (due < this.#held.length && (this.#held[due] as { block: number }).block <= newest) due++;
    for (const { payload } of this.#held.splice(0, due)) this.#send(payload);
    if (this.isEmpty) this.close();
  }

  close(): void {
    this.#context.clock.clearInterval(this.#poll);
    this.#poll = undefined;
  }

  #blocks(): number {
    const lag = this.#context.faults.get('lag');
    return lag === undefined || (lag.transport !== 'any' && lag.transport !== 'ws') ? 0 : lag.blocks;
  }

  async #askHead(): Promise<void> {
    const head = await this.#context.rpc.blockNumber().catch(() => undefined);
    if (head === undefined || this.#poll === undefined) return;
    this.#head = head;
    this.update();
  }
}
