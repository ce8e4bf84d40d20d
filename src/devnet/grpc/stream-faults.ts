import { randomBytes } from 'node:crypto';
import { subscribeUpdateCodec } from '../../protocol/geyser/geyser-codec.ts';
import { type SubscribeUpdate, type Uint64, wireSlotStatus } from '../../protocol/geyser/geyser-messages.ts';
import type { FaultSet } from '../fault-set.ts';

/** What becomes of one message on its way. */
export interface FaultedMessage {
  readonly messages: readonly Buffer[];
  /** The slot that it is of; undefined: of none. */
  readonly slot: number | undefined;
  readonly isPing: boolean;
}

/** The faults that change what is in a stream, on one stream. */
export class StreamFaults {
  readonly #faults: FaultSet;
  #lostSlot: number | undefined;
  #left = 0;

  constructor(faults: FaultSet) {
    this.#faults = faults;
  }

  /** Whether a fault that has been used up is not done with its slot yet. */
  get isBusy(): boolean {
    return this.#left > 0;
  }

  apply(message: Buffer): FaultedMessage {
    const update = subscribeUpdateCodec.deserialize(message);
    const isPing = Boolean(update.ping ?? update.pong);
    const slot = slotOf(update);
    if (isPing) return { messages: [message], slot, isPing };
    const messages = [...(this.#loses(update, slot) ? [] : [this.#garbled(message)])];
    if (messages.length > 0 && this.#take('geyser-duplicate')) messages.push(message);
    const { slot: status } = update;
    if (status?.status === wireSlotStatus.processed && this.#take('geyser-dead')) {
      const dead = { ...status, status: wireSlotStatus.dead, deadError: 'told as dead by a fault' };
      messages.push(subscribeUpdateCodec.serialize({ filters: update.filters, slot: dead }));
    }
    return { messages, slot, isPing };
  }

  #take(kind: 'geyser-duplicate' | 'geyser-dead'): boolean {
    return this.#faults.take(kind, 'grpc', []) !== undefined;
  }

  #loses(update: SubscribeUpdate, slot: number | undefined): boolean {
    const isContent = Boolean(update.account ?? update.transaction ?? update.transactionStatus);
    if (!isContent || slot === undefined) return false;
    if (slot !== this.#lostSlot) {
      const lose = this.#faults.take('geyser-lose', 'grpc', []);
      this.#lostSlot = slot;
      this.#left = lose?.updates ?? 0;
    }
    return this.#left-- > 0;
  }

  #garbled(message: Buffer): Buffer {
    const garbage = this.#faults.take('geyser-garbage', 'grpc', []);
    if (garbage === undefined) return message;
    if (garbage.style === 'cut') return message.subarray(0, Math.max(1, message.length - 3));
    // A transaction of 4 GB; or bytes that begin with a wire type that there is not.
    if (garbage.style === 'claim') return Buffer.from([0x22, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x01]);
    return Buffer.concat([Buffer.from([0x07]), randomBytes(64)]);
  }
}

function slotOf(update: SubscribeUpdate): number | undefined {
  const { account, slot, transaction, transactionStatus, block, blockMeta } = update;
  const found: Uint64 | undefined = (
    account ??
    slot ??
    transaction ??
    transactionStatus ??
    block ??
    blockMeta
  )?.slot;
  return found === undefined ? undefined : Number(found);
}
