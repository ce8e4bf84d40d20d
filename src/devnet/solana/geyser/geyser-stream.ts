import { type ServerDuplexStream, status } from '@grpc/grpc-js';
import type { SlotUpdate } from '../../../chains/solana/updates.ts';
import { subscribeUpdateCodec, toSafeNumber } from '../../../protocol/geyser/geyser-codec.ts';
import type { SubscribeRequest } from '../../../protocol/geyser/geyser-messages.ts';
import type { BankTransaction } from '../bank/bank-events.ts';
import { InvalidFilter } from './filter-limits.ts';
import { hasReached, type SlotJournal, type SlotRecord } from './slot-journal.ts';
import { StreamFilters } from './stream-filters.ts';
import { StreamOutbox, type StreamOutboxLimits } from './stream-outbox.ts';

export type SubscribeCall = ServerDuplexStream<SubscribeRequest, Buffer>;

const ping = subscribeUpdateCodec.serialize({ ping: {} });

/**
 * One client's stream. Inside a slot it is told what it asked for in the order of execution, then the block, the
 * block's meta and the slot's status: at `processed` while the slot is executed, else when the slot reaches the stream's
 * commitment.
 */
export class GeyserStream {
  readonly #call: SubscribeCall;
  readonly #journal: SlotJournal;
  readonly #outbox: StreamOutbox;
  #filters: StreamFilters | undefined;

  constructor(call: SubscribeCall, journal: SlotJournal, limits: StreamOutboxLimits) {
    this.#call = call;
    this.#journal = journal;
    this.#outbox = new StreamOutbox(call, limits, () => {
      this.end(status.INTERNAL, 'lagged to receive geyser messages');
    });
  }

  /** A request with a ping only pings; any other replaces all filters, and may start in the past. */
  onRequest(request: SubscribeRequest): void {
    if (request.ping) {
      this.#outbox.push(subscribeUpdateCodec.serialize({ pong: { id: request.ping.id } }));
      return;
    }
    try {
      this.#filters = new StreamFilters(request);
      if (request.fromSlot !== undefined && request.fromSlot !== null) {
        this.#replay(this.#filters, toSafeNumber(request.fromSlot));
      }
    } catch (error) {
      const isRefused = error instanceof InvalidFilter;
      this.end(isRefused ? status.INVALID_ARGUMENT : status.INTERNAL, (error as Error).message);
    }
  }

  ping(): void {
    this.#outbox.push(ping);
  }

  onTransaction(transaction: BankTransaction): void {
    if (this.#filters?.commitment !== 'processed') return;
    this.#send(this.#filters.ofTransaction(transaction));
  }

  onBlock({ block }: SlotRecord): void {
    if (this.#filters?.commitment !== 'processed' || block === undefined) return;
    this.#send(this.#filters.ofBlock(block));
  }

  onUpdate(record: SlotRecord, update: SlotUpdate): void {
    const filters = this.#filters;
    if (filters === undefined) return;
    const isContentDue = filters.commitment === update.status && update.status !== 'processed';
    if (isContentDue) this.#sendContent(filters, record, false);
    this.#sendStatus(filters, update, false);
  }

  /** Ends the stream with a status, after what the transport holds already. */
  end(code: status, details: string): void {
    this.#outbox.close();
    this.#filters = undefined;
    this.#call.emit('error', { code, details });
  }

  close(): void {
    this.#outbox.close();
    this.#filters = undefined;
  }

  #replay(filters: StreamFilters, fromSlot: number): void {
    const { firstAvailable } = this.#journal;
    if (fromSlot < firstAvailable) {
      const details = `broadcast from ${fromSlot} is not available, last available: ${firstAvailable}`;
      this.end(status.OUT_OF_RANGE, details);
      return;
    }
    for (const record of this.#journal.from(fromSlot)) {
      const isDue = filters.commitment === 'processed' || hasReached(record, filters.commitment);
      if (isDue) this.#sendContent(filters, record, true);
      for (const update of record.updates) this.#sendStatus(filters, update, true);
    }
  }

  #sendContent(filters: StreamFilters, { transactions, block }: SlotRecord, isReplayed: boolean): void {
    for (const transaction of transactions) this.#send(filters.ofTransaction(transaction), isReplayed);
    if (block !== undefined) this.#send(filters.ofBlock(block), isReplayed);
  }

  #sendStatus(filters: StreamFilters, update: SlotUpdate, isReplayed: boolean): void {
    if (update.status === 'processed') this.#send(filters.ofSlot(update, 'completed'), isReplayed);
    this.#send(filters.ofSlot(update), isReplayed);
  }

  #send(messages: Iterable<Buffer>, isReplayed = false): void {
    for (const message of messages) this.#outbox.push(message, { isReplayed });
  }
}
