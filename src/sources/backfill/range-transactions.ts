import { decode } from '../../chains/solana/base58.ts';
import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import type { Intake } from '../intake.ts';
import { matches } from '../matches.ts';
import type { SourceSubscription } from '../source.ts';
import type { UpdateFilter } from '../update-filter.ts';
import type { PatientCalls } from './patient-calls.ts';
import { type ListedSignature, signaturesOf } from './signatures.ts';
import { blockMetaFromRpc, blockTransactionsFromRpc, transactionFromRpc } from './transaction-from-rpc.ts';

/** A range of slots and those of them that have a block, ascending. */
export interface SlotRange {
  readonly from: number;
  readonly to: number;
  readonly slots: readonly number[];
}

interface RangeTransactionsOptions {
  readonly commitment: 'confirmed' | 'finalized';
  /** Up to so many blocks are read whole. */
  readonly wholeBlocks: number;
}

interface Deps {
  readonly intake: Intake;
  readonly calls: PatientCalls;
}

/** Blocks that are read at once; each may be some megabytes. */
const BLOCKS_AT_ONCE = 2;
const TRANSACTIONS_AT_ONCE = 8;
/** Signatures of one address that are kept while its transactions are read. */
const MAX_SIGNATURES = 100_000;

/** Fetches the transactions and blocks of a range that subscriptions want, and has them taken in in order. */
export class RangeTransactions {
  readonly #commitment: 'confirmed' | 'finalized';
  readonly #wholeBlocks: number;
  readonly #intake: Intake;
  readonly #calls: PatientCalls;

  constructor({ commitment, wholeBlocks }: RangeTransactionsOptions, { intake, calls }: Deps) {
    this.#commitment = commitment;
    this.#wholeBlocks = wholeBlocks;
    this.#intake = intake;
    this.#calls = calls;
  }

  /** @throws as `PatientCalls.call` */
  async fetch(range: SlotRange, owed: readonly SourceSubscription[], signal: AbortSignal): Promise<void> {
    const filters = owed
      .map(({ filter }) => filter)
      .filter(({ kind }) => kind !== 'account' && kind !== 'slot');
    if (filters.length === 0 || range.slots.length === 0) return;
    const addresses = range.slots.length <= this.#wholeBlocks ? undefined : addressesOf(filters);
    const listed = addresses && (await this.#list(range, addresses, filters, signal));
    if (listed === undefined) await this.#fetchBlocks(range.slots, filters, signal);
    else await this.#fetchTransactions(listed, signal);
  }

  async #fetchBlocks(
    slots: readonly number[],
    filters: readonly UpdateFilter[],
    signal: AbortSignal,
  ): Promise<void> {
    const read = (slot: number) => (result: unknown) =>
      result === null
        ? undefined
        : { meta: blockMetaFromRpc(result, slot), transactions: blockTransactionsFromRpc(result, slot) };
    const blockFilters = filters.filter(({ kind }) => kind === 'block');
    await inOrder(
      slots,
      BLOCKS_AT_ONCE,
      slot => {
        const options = {
          commitment: this.#commitment,
          encoding: 'json',
          transactionDetails: 'full',
          maxSupportedTransactionVersion: 0,
          rewards: false,
        };
        return this.#calls.call('getBlock', [slot, options], read(slot), signal);
      },
      async ({ meta, transactions }) => {
        await this.#intake.room(signal);
        for (const transaction of transactions) this.#intake.takeFetched(transaction);
        if (blockFilters.length > 0) {
          this.#intake.takeFetched({
            kind: 'block',
            ...meta,
            transactions: inBlock(transactions, blockFilters),
          });
        }
        this.#intake.takeFetched({ kind: 'block_meta', ...meta });
      },
    );
  }

  async #fetchTransactions(listed: readonly ListedSignature[], signal: AbortSignal): Promise<void> {
    await inOrder(
      listed,
      TRANSACTIONS_AT_ONCE,
      ({ signature }) => fetchTransaction(signature, this.#commitment, this.#calls, signal),
      async transaction => {
        await this.#intake.room(signal);
        this.#intake.takeFetched(transaction);
      },
    );
  }

  /** The transactions of all addresses, in order; undefined: too many. */
  async #list(
    { from, to }: SlotRange,
    addresses: readonly string[],
    filters: readonly UpdateFilter[],
    signal: AbortSignal,
  ): Promise<readonly ListedSignature[] | undefined> {
    const withFailed = filters.some(({ failed }) => failed);
    const range = { from, to, commitment: this.#commitment, limit: MAX_SIGNATURES };
    const bySignature = new Map<string, ListedSignature>();
    for (const address of addresses) {
      const listed = await signaturesOf(address, range, this.#calls, signal);
      if (listed === undefined || bySignature.size > MAX_SIGNATURES) return undefined;
      for (const entry of listed) {
        const isKnown = this.#intake.hasTold(entry.slot, decode(entry.signature) ?? new Uint8Array());
        if (!isKnown && (withFailed || !entry.isFailed)) bySignature.set(entry.signature, entry);
      }
    }
    const entries = [...bySignature.values()];
    if (addresses.length > 1) return this.#ordered(entries, signal);
    return entries;
  }

  /** Of two addresses' transactions in one slot only the block tells which came first. */
  async #ordered(
    entries: readonly ListedSignature[],
    signal: AbortSignal,
  ): Promise<readonly ListedSignature[]> {
    const bySlot = Map.groupBy(entries, ({ slot }) => slot);
    const slots = [...bySlot.keys()].sort((a, b) => a - b);
    const ordered: ListedSignature[] = [];
    for (const slot of slots) {
      const inSlot = bySlot.get(slot)!;
      if (inSlot.length > 1) {
        const places = await this.#places(slot, signal);
        inSlot.sort((a, b) => (places.get(a.signature) ?? 0) - (places.get(b.signature) ?? 0));
      }
      ordered.push(...inSlot);
    }
    return ordered;
  }

  #places(slot: number, signal: AbortSignal): Promise<ReadonlyMap<string, number>> {
    const options = {
      commitment: this.#commitment,
      transactionDetails: 'signatures',
      maxSupportedTransactionVersion: 0,
      rewards: false,
    };
    const read = (result: unknown) => {
      const { signatures } = (result ?? {}) as { signatures?: unknown };
      if (!Array.isArray(signatures)) return undefined;
      return new Map(signatures.map((signature, index): [string, number] => [String(signature), index]));
    };
    return this.#calls.call('getBlock', [slot, options], read, signal);
  }
}

/**
 * One transaction by its signature, as soon as a provider has it.
 * @throws as `PatientCalls.call`
 */
export function fetchTransaction(
  signature: string,
  commitment: 'confirmed' | 'finalized',
  calls: PatientCalls,
  signal: AbortSignal,
): Promise<TransactionUpdate> {
  const read = (result: unknown) => {
    const { slot } = (result ?? {}) as { slot?: unknown };
    return typeof slot === 'number' ? transactionFromRpc(result, slot, undefined) : undefined;
  };
  const options = { commitment, encoding: 'json', maxSupportedTransactionVersion: 0 };
  return calls.call('getTransaction', [signature, options], read, signal);
}

/** Addresses of which each wanted transaction names at least one; undefined: blocks have to be read. */
export function addressesOf(filters: readonly UpdateFilter[]): readonly string[] | undefined {
  const addresses = new Set<string>();
  for (const { kind, programs, accounts, required } of filters) {
    const named = programs.length + accounts.length > 0 ? [...programs, ...accounts] : required.slice(0, 1);
    if (named.length === 0 || kind === 'block' || kind === 'block_meta') return undefined;
    for (const address of named) addresses.add(address);
  }
  return [...addresses];
}

function inBlock(
  transactions: readonly TransactionUpdate[],
  filters: readonly UpdateFilter[],
): readonly TransactionUpdate[] {
  const wanted = filters.map(
    (filter): UpdateFilter => ({ ...filter, kind: 'transaction', failed: true, votes: true }),
  );
  return transactions.filter(transaction => wanted.some(filter => matches(filter, transaction)));
}

/** Starts up to `width` reads at once, and takes their results in the order of the items. */
async function inOrder<Item, Result>(
  items: readonly Item[],
  width: number,
  read: (item: Item) => Promise<Result>,
  take: (result: Result) => void | Promise<void>,
): Promise<void> {
  const pending: Promise<Result>[] = [];
  let next = 0;
  while (next < items.length || pending.length > 0) {
    while (pending.length < width && next < items.length) {
      const result = read(items[next++]!);
      // A rejection is met where its turn is.
      result.catch(() => {});
      pending.push(result);
    }
    await take(await pending.shift()!);
  }
}
