import type { SlotUpdate } from '../../../chains/solana/updates.ts';
import type { BankBlock, BankTransaction } from '../bank/bank-events.ts';
import type { BankView } from './bank-view.ts';

/** What subscriptions are told: a slot reached a commitment or died, or a transaction came in. */
export type FeedEvent =
  | { readonly kind: 'slot'; readonly update: SlotUpdate; readonly block: BankBlock | undefined }
  | { readonly kind: 'received'; readonly transaction: BankTransaction };

/** Events that may wait for a lagging view; above it the oldest go. */
const maxHeld = 20_000;

/** The bank's events as a view tells them: so many slots late as it lags. */
export class SlotFeed {
  readonly #view: BankView;
  readonly #listeners = new Set<(event: FeedEvent) => void>();
  #held: { readonly event: FeedEvent; readonly tip: number }[] = [];
  #unlisten: (() => void) | undefined;

  constructor(view: BankView) {
    this.#view = view;
  }

  /** @returns how to stop listening */
  listen(listener: (event: FeedEvent) => void): () => void {
    this.#listeners.add(listener);
    this.#unlisten ??= this.#view.bank.listen({
      onSlot: update => this.#push({ kind: 'slot', update, block: this.#view.bank.block(update.slot) }),
      onTransaction: transaction => this.#push({ kind: 'received', transaction }),
    });
    return () => {
      this.#listeners.delete(listener);
      if (this.#listeners.size === 0) this.close();
    };
  }

  close(): void {
    this.#unlisten?.();
    this.#unlisten = undefined;
    this.#held = [];
  }

  #push(event: FeedEvent): void {
    const tip = this.#view.bank.slotAt('processed');
    if (this.#view.lag === 0 && this.#held.length === 0) {
      this.#tell(event);
      return;
    }
    this.#held.push({ event, tip });
    if (this.#held.length > maxHeld) this.#held.shift();
    const newest = tip - this.#view.lag;
    while (this.#held.length > 0 && (this.#held[0] as { tip: number }).tip <= newest)
      this.#tell((this.#held.shift() as { event: FeedEvent }).event);
  }

  #tell(event: FeedEvent): void {
    for (const listener of [...this.#listeners]) listener(event);
  }
}
