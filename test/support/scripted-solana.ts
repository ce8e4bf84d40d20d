import { hash } from 'node:crypto';
import type { ChainCalls } from '../../src/chains/chain-calls.ts';
import { decode, encode } from '../../src/chains/solana/base58.ts';
import { TrunklineError } from '../../src/errors/trunkline-error.ts';
import type { SubscribeUpdate, WireSlotStatus, Written } from '../../src/protocol/geyser/geyser-messages.ts';

/** The key that a name stands for. */
export function keyOf(name: string): Uint8Array {
  return hash('sha256', name, 'buffer');
}

/** The same in base58. */
export const addressOf = (name: string): string => encode(keyOf(name));

/** The signature of the nth transaction of a slot. */
export function signatureOf(slot: number, index: number): Uint8Array {
  return hash('sha512', `${slot}:${index}`, 'buffer');
}

interface ScriptedTransaction {
  readonly slot: number;
  readonly index: number;
  /** Names of the accounts; the last one is the program that it invokes. */
  readonly keys: readonly string[];
  readonly isFailed: boolean;
  readonly logs: readonly string[];
}

interface ScriptedBlock {
  readonly slot: number;
  readonly parent: number;
  readonly transactions: readonly ScriptedTransaction[];
}

const ourErrors = { own_call_failed: { sentence: 'it failed' } };

/** A Solana chain that a test builds block by block, seen through calls and through the messages of a Geyser stream. */
export class ScriptedSolana implements ChainCalls {
  readonly blocks = new Map<number, ScriptedBlock>();
  /** Methods in the order in which they were called. */
  readonly called: string[] = [];
  /** The newest slot that calls know of; undefined: the newest. */
  knownUpTo: number | undefined;
  /** What getSlot answers; undefined: the newest slot that calls know of. */
  tip: unknown;
  /** Calls before this slot are refused as cleaned up. */
  firstAvailable = 0;
  /** Calls that fail from now on. */
  failures = 0;

  get newest(): number {
    return Math.max(0, ...this.blocks.keys());
  }

  /** Adds a block; each list of names is a transaction. */
  add(
    slot: number,
    transactions: readonly (readonly string[])[] = [['payer', 'program']],
    parent = this.newest,
  ): this {
    this.blocks.set(slot, {
      slot,
      parent,
      transactions: transactions.map((names, index) => ({
        slot,
        index,
        keys: names.filter(name => name !== 'failed'),
        isFailed: names.includes('failed'),
        logs: [`Program ${slot}:${index}`],
      })),
    });
    return this;
  }

  /** All messages of a slot on a stream: its transactions, then its status. */
  messages(slot: number, filters: readonly string[], status: WireSlotStatus = 1): Written<SubscribeUpdate>[] {
    const block = this.blocks.get(slot)!;
    return [
      ...block.transactions.map(transaction => transactionMessage(transaction, filters)),
      this.status(slot, status),
    ];
  }

  status(slot: number, status: WireSlotStatus): Written<SubscribeUpdate> {
    const parent = this.blocks.get(slot)?.parent;
    return {
      filters: ['trunkline.slots'],
      slot: { slot, status, ...(parent === undefined ? {} : { parent }) },
    };
  }

  async call(method: string, params: readonly unknown[]): Promise<unknown> {
    this.called.push(method);
    if (this.failures > 0) {
      this.failures--;
      throw new TrunklineError(ourErrors, 'own_call_failed', 'no provider answered');
    }
    const newest = this.knownUpTo ?? this.newest;
    const known = [...this.blocks.values()]
      .filter(({ slot }) => slot <= newest)
      .sort((a, b) => a.slot - b.slot);
    const transactions = known.flatMap(block => block.transactions);
    const [first, second] = params as [never, never];
    if (method === 'getFirstAvailableBlock') return this.firstAvailable;
    if (method === 'getSlot') return this.tip ?? newest;
    if (method === 'getBlocks') {
      return known.map(({ slot }) => slot).filter(slot => slot >= first && slot <= second);
    }
    if (method === 'getBlock') return this.#block(first, second);
    if (method === 'getTransaction') {
      const found = transactions.find(({ slot, index }) => encode(signatureOf(slot, index)) === first);
      return found === undefined ? null : { slot: found.slot, ...rpcTransaction(found) };
    }
    if (method === 'getSignaturesForAddress') return this.#signatures(transactions, first, second);
    if (method === 'getMultipleAccounts') {
      const account = {
        owner: addressOf('program'),
        lamports: 5,
        data: ['AQI=', 'base64'],
        executable: false,
      };
      return { context: { slot: newest }, value: (first as string[]).map(() => account) };
    }
    throw new TrunklineError(ourErrors, 'own_call_failed', 'no such method', {
      details: { rpcCode: -32601 },
    });
  }

  #block(slot: number, options: { readonly transactionDetails: string }): unknown {
    const block = this.blocks.get(slot);
    if (block === undefined || slot < this.firstAvailable) {
      throw new TrunklineError(ourErrors, 'own_call_failed', 'cleaned up', { details: { rpcCode: -32001 } });
    }
    const meta = {
      blockhash: addressOf(`block ${slot}`),
      previousBlockhash: addressOf(`block ${block.parent}`),
      parentSlot: block.parent,
      blockTime: 1_700_000_000 + slot,
      blockHeight: slot,
    };
    return options.transactionDetails === 'signatures'
      ? { ...meta, signatures: block.transactions.map(({ index }) => encode(signatureOf(slot, index))) }
      : { ...meta, transactions: block.transactions.map(rpcTransaction) };
  }

  #signatures(
    transactions: readonly ScriptedTransaction[],
    address: string,
    { limit, before, until, minContextSlot }: SignatureOptions,
  ): unknown {
    if (minContextSlot !== undefined && minContextSlot > (this.knownUpTo ?? this.newest)) {
      throw new TrunklineError(ourErrors, 'own_call_failed', 'behind', { details: { rpcCode: -32016 } });
    }
    const all = transactions
      .filter(({ keys }) => keys.some(name => addressOf(name) === address))
      .map(({ slot, index, isFailed }) => ({
        signature: encode(signatureOf(slot, index)),
        slot,
        err: isFailed ? 'AccountInUse' : null,
      }))
      .reverse();
    const start = before === undefined ? 0 : all.findIndex(({ signature }) => signature === before) + 1;
    const end = until === undefined ? -1 : all.findIndex(({ signature }) => signature === until);
    return all.slice(start, end === -1 ? undefined : end).slice(0, limit);
  }
}

interface SignatureOptions {
  readonly limit: number;
  readonly before?: string;
  readonly until?: string;
  readonly minContextSlot?: number;
}

function rpcTransaction({ slot, index, keys, isFailed, logs }: ScriptedTransaction) {
  return {
    transaction: {
      signatures: [encode(signatureOf(slot, index))],
      message: {
        accountKeys: keys.map(addressOf),
        instructions: [
          { programIdIndex: keys.length - 1, accounts: [0], data: encode(Uint8Array.of(1, 2, 3)) },
        ],
      },
    },
    meta: {
      err: isFailed ? 'AccountInUse' : null,
      fee: 5000,
      innerInstructions: [
        {
          index: 0,
          instructions: [{ programIdIndex: 0, accounts: [], data: encode(Uint8Array.of(9)), stackHeight: 2 }],
        },
      ],
      logMessages: logs,
      loadedAddresses: { writable: [], readonly: [] },
      computeUnitsConsumed: 150,
    },
    version: 'legacy',
  };
}

function transactionMessage(
  { slot, index, keys, isFailed, logs }: ScriptedTransaction,
  filters: readonly string[],
): Written<SubscribeUpdate> {
  return {
    filters,
    transaction: {
      slot,
      transaction: {
        signature: signatureOf(slot, index),
        isVote: false,
        index,
        transaction: {
          signatures: [signatureOf(slot, index)],
          message: {
            accountKeys: keys.map(keyOf),
            instructions: [
              { programIdIndex: keys.length - 1, accounts: Uint8Array.of(0), data: Uint8Array.of(1, 2, 3) },
            ],
          },
        },
        meta: {
          ...(isFailed ? { err: { err: Uint8Array.of(0, 0, 0, 0) } } : {}),
          fee: 5000,
          innerInstructions: [
            {
              index: 0,
              instructions: [
                { programIdIndex: 0, accounts: new Uint8Array(), data: Uint8Array.of(9), stackHeight: 2 },
              ],
            },
          ],
          logMessages: logs,
          computeUnitsConsumed: 150,
        },
      },
    },
  };
}

/** Where `decode` is not to fail. */
export function bytesOf(base58: string): Uint8Array {
  return decode(base58)!;
}
