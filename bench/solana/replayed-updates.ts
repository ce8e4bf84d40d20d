import { createHash } from 'node:crypto';
import { decode, encode } from '../../src/chains/solana/base58.ts';
import { subscribeUpdateCodec } from '../../src/protocol/geyser/geyser-codec.ts';
import { type WireSlotStatus, wireSlotStatus } from '../../src/protocol/geyser/geyser-messages.ts';

/** The names of the filters, which every contestant gives its own. */
export const filterNames = { transactions: 'swaps', slots: 'trunkline.slots' } as const;
/** Transactions of one slot. */
const perSlot = 1_000;

const hash = (text: string) => createHash('sha256').update(text).digest();
const key = (name: string) => new Uint8Array(hash(name));
const programKey = key('program');
/** The program whose events the transactions hold, base58. */
export const program = encode(programKey);
const computeBudget = 'ComputeBudget111111111111111111111111111111';
const system = '1'.repeat(32);
const marker = new Uint8Array(64).fill(0xa5);
const u64 = Buffer.from([9, 0, 0, 0, 0, 0, 0, 0]);

/** The places of the keys that are programs. */
const place = { program: 11, system: 12, computeBudget: 13 } as const;
const accountKeys = [
  ...Array.from({ length: 11 }, (_, at) => key(`account ${at}`)),
  programKey,
  decode(system)!,
  decode(computeBudget)!,
];

/**
 * A transaction update of 2.3 kB: 14 accounts, 3 instructions and 4 inner ones, 19 lines of logs with one event of an Anchor
 * program (`PDAComputedEvent`). Its signature is all 0xa5.
 */
export function transactionUpdate(slot: number): Buffer {
  const balances = accountKeys.map((_, at) => 2_039_280 * at);
  return subscribeUpdateCodec.serialize({
    filters: [filterNames.transactions],
    createdAt: { seconds: 1_700_000_000, nanos: 5 },
    transaction: {
      slot,
      transaction: {
        signature: marker,
        index: 7,
        transaction: {
          signatures: [marker],
          message: {
            header: { numRequiredSignatures: 1, numReadonlyUnsignedAccounts: 3 },
            accountKeys,
            recentBlockhash: new Uint8Array(32),
            instructions: [
              { programIdIndex: place.computeBudget, data: Buffer.from([2, 0, 0, 9, 0]) },
              {
                programIdIndex: place.computeBudget,
                data: Buffer.concat([Buffer.from([3]), u64]),
              },
              {
                programIdIndex: place.program,
                accounts: Uint8Array.from({ length: 11 }, (_, at) => at),
                data: Buffer.concat([hash('global:compute').subarray(0, 8), Buffer.alloc(112)]),
              },
            ],
            versioned: true,
          },
        },
        meta: {
          fee: 5_000,
          preBalances: balances,
          postBalances: balances,
          innerInstructions: [
            {
              index: 2,
              instructions: Array.from({ length: 4 }, () => ({
                programIdIndex: place.system,
                accounts: Uint8Array.of(0, 1),
                data: Buffer.concat([Buffer.from([2, 0, 0, 0]), u64]),
                stackHeight: 2,
              })),
            },
          ],
          logMessages,
          computeUnitsConsumed: 120_000,
        },
      },
    },
  });
}

/** A slot's status. */
function slotUpdate(slot: number, status: WireSlotStatus): Buffer {
  return subscribeUpdateCodec.serialize({
    filters: [filterNames.slots],
    createdAt: { seconds: 1_700_000_000, nanos: 5 },
    slot: { slot, parent: slot - 1, status },
  });
}

/** Slots one after the other as gRPC messages, each transaction with a signature of its own, written anew in one buffer. */
export class UpdateReplay {
  #slot: number;
  #left = perSlot;
  #template: Buffer;
  #signatures: readonly number[];
  #made = 0;

  constructor(firstSlot: number) {
    this.#slot = firstSlot;
    this.#template = framed(transactionUpdate(firstSlot));
    this.#signatures = placesOf(this.#template, marker);
  }

  /** Transactions that were made so far. */
  get transactions(): number {
    return this.#made;
  }

  /** The next so many transactions, with the statuses of slots that end among them. */
  next(transactions: number): Buffer {
    const parts: Buffer[] = [];
    for (let left = transactions; left > 0; ) {
      const count = Math.min(left, this.#left);
      const length = this.#template.length;
      const some = Buffer.allocUnsafe(count * length);
      for (let at = 0; at < count; at++) {
        this.#template.copy(some, at * length);
        this.#made++;
        for (const where of this.#signatures) some.writeUIntBE(this.#made, at * length + where, 6);
      }
      parts.push(some);
      left -= count;
      this.#left -= count;
      if (this.#left === 0) parts.push(...this.#endSlot());
    }
    return parts.length === 1 ? parts[0]! : Buffer.concat(parts);
  }

  #endSlot(): Buffer[] {
    const slot = this.#slot++;
    this.#left = perSlot;
    this.#template = framed(transactionUpdate(this.#slot));
    this.#signatures = placesOf(this.#template, marker);
    const { processed, confirmed } = wireSlotStatus;
    return [framed(slotUpdate(slot, processed)), framed(slotUpdate(slot, confirmed))];
  }
}

/** With the five bytes in front that gRPC has: not compressed, and the length. */
function framed(message: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.writeUInt32BE(message.length, 1);
  return Buffer.concat([head, message]);
}

function placesOf(bytes: Buffer, wanted: Uint8Array): number[] {
  const places: number[] = [];
  for (let at = bytes.indexOf(wanted); at >= 0; at = bytes.indexOf(wanted, at + wanted.length))
    places.push(at);
  return places;
}

function logLines(): string[] {
  const text = (value: string) => Buffer.concat([Buffer.from([value.length, 0, 0, 0]), Buffer.from(value)]);
  const event = Buffer.concat([
    hash('event:PDAComputedEvent').subarray(0, 8),
    ...[key('a'), u64, key('b'), text('session-0001'), key('c'), key('d'), key('e')],
    ...[Buffer.from([2, 0, 0, 0]), text('one'), text('two'), u64],
  ]);
  const done = (name: string) => [`Program ${name} invoke [1]`, `Program ${name} success`];
  return [
    ...done(computeBudget),
    ...done(computeBudget),
    `Program ${program} invoke [1]`,
    'Program log: Instruction: Compute',
    ...[1, 2, 3, 4].flatMap(() => [`Program ${system} invoke [2]`, `Program ${system} success`]),
    `Program data: ${event.toString('base64')}`,
    `Program ${program} consumed 20513 of 200000 compute units`,
    `Program ${program} success`,
  ];
}

const logMessages = logLines();
