import { decode, encode } from '../../chains/solana/base58.ts';
import type { TransactionUpdate } from '../../chains/solana/updates.ts';
import { TrunklineError } from '../../errors/trunkline-error.ts';
import type { CounterCell } from '../../telemetry/metrics.ts';
import type { Intake } from '../intake.ts';
import { matches } from '../matches.ts';
import { isSlot } from '../slots/believed-slots.ts';
import type { SourceSubscription } from '../source.ts';
import type { UpdateFilter } from '../update-filter.ts';
import type { PatientCalls } from './patient-calls.ts';
import { type ListedSignature, type SignatureRange, signaturesOf } from './signatures.ts';
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
  /** Milliseconds for which one transaction is asked for that was listed and that nobody has, before lists are made anew. */
  readonly patienceMs: number;
}

interface Deps {
  readonly intake: Intake;
  readonly calls: PatientCalls;
  /** Passed over. */
  readonly phantoms: CounterCell;
  /** A transaction is listed again and again, and nobody has it: something may be missing in its slot. */
  readonly onLost: (slot: number, owed: ReadonlySet<SourceSubscription>) => void;
}

/** Takes something in for those for whom it was fetched. */
type Take = (update: Parameters<Intake['takeFetched']>[0]) => void;

/** Times that lists are made anew for one transaction that nobody has. */
const MAX_LISTINGS = 3;

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
  readonly #patienceMs: number;
  readonly #deps: Deps;

  constructor({ commitment, wholeBlocks, patienceMs }: RangeTransactionsOptions, deps: Deps) {
    this.#commitment = commitment;
    this.#wholeBlocks = wholeBlocks;
    this.#patienceMs = patienceMs;
    this.#deps = deps;
    this.#intake = deps.intake;
    this.#calls = deps.calls;
  }

  /** @throws as `PatientCalls.call` */
  async fetch(range: SlotRange, owed: ReadonlySet<SourceSubscription>, signal: AbortSignal): Promise<void> {
    const filters = [...owed]
      .map(({ filter }) => filter)
      .filter(({ kind }) => kind !== 'account' && kind !== 'slot');
    if (filters.length === 0 || range.slots.length === 0) return;
    const take: Take = update => this.#intake.takeFetched(update, owed);
    const addresses = range.slots.length <= this.#wholeBlocks ? undefined : addressesOf(filters);
    const listings = new Map<string, number>();
    for (;;) {
      const listed = addresses && (await this.#list(range, addresses, owed, signal));
      if (listed === undefined) return this.#fetchBlocks(range.slots, filters, take, signal);
      this.#countPhantoms(listings, listed);
      const wanted = listed.filter(({ signature }) => (listings.get(signature) ?? 0) < MAX_LISTINGS);
      const missing = await this.#fetchTransactions(wanted, take, signal);
      if (missing === undefined) return;
      const times = (listings.get(missing.signature) ?? 0) + 1;
      listings.set(missing.signature, times);
      if (times === MAX_LISTINGS) this.#deps.onLost(missing.slot, owed);
    }
  }

  /** What is not listed any more never was. */
  #countPhantoms(listings: Map<string, number>, listed: readonly ListedSignature[]): void {
    for (const [signature, times] of listings) {
      if (times >= MAX_LISTINGS || listed.some(entry => entry.signature === signature)) continue;
      this.#deps.phantoms.inc();
      listings.delete(signature);
    }
  }

  async #fetchBlocks(
    slots: readonly number[],
    filters: readonly UpdateFilter[],
    take: Take,
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
        for (const transaction of transactions) take(transaction);
        if (blockFilters.length > 0) {
          take({
            kind: 'block',
            ...meta,
            transactions: inBlock(transactions, blockFilters),
          });
        }
        take({ kind: 'block_meta', ...meta });
      },
    );
  }

  /** @returns the first one that nobody has: what follows it was not taken in */
  async #fetchTransactions(
    listed: readonly ListedSignature[],
    take: Take,
    signal: AbortSignal,
  ): Promise<ListedSignature | undefined> {
    const options = { commitment: this.#commitment, patienceMs: this.#patienceMs };
    let taken = 0;
    try {
      await inOrder(
        listed,
        TRANSACTIONS_AT_ONCE,
        entry => fetchTransaction(entry, options, this.#calls, signal),
        async transaction => {
          await this.#intake.room(signal);
          take(transaction);
          taken++;
        },
      );
      return undefined;
    } catch (error) {
      if (isUndecided(error)) return listed[taken];
      throw error;
    }
  }

  /** The transactions of all addresses, in order; undefined: too many. */
  async #list(
    { from, to }: SlotRange,
    addresses: readonly string[],
    owed: ReadonlySet<SourceSubscription>,
    signal: AbortSignal,
  ): Promise<readonly ListedSignature[] | undefined> {
    const withFailed = [...owed].some(({ filter }) => filter.failed);
    const namers = namersOf(owed);
    const range = { from, to, commitment: this.#commitment, limit: MAX_SIGNATURES };
    const bySignature = new Map<string, ListedSignature>();
    for (const address of addresses) {
      const listed = await this.#signaturesOf(address, range, signal);
      if (listed === undefined || bySignature.size > MAX_SIGNATURES) return undefined;
      const among = [...(namers.get(address) ?? [])];
      for (const entry of listed) {
        const signature = decode(entry.signature) ?? new Uint8Array();
        const isKnown = this.#intake.hasTold(entry.slot, signature, among);
        if (!isKnown && (withFailed || !entry.isFailed)) bySignature.set(entry.signature, entry);
      }
    }
    const entries = [...bySignature.values()];
    if (addresses.length > 1) return this.#ordered(entries, signal);
    return entries;
  }

  /** Undefined: too many, or lists that make no sense. */
  async #signaturesOf(
    address: string,
    range: SignatureRange,
    signal: AbortSignal,
  ): Promise<readonly ListedSignature[] | undefined> {
    try {
      return await signaturesOf(address, range, this.#calls, signal);
    } catch (error) {
      if (isUndecided(error)) return undefined;
      throw error;
    }
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
 * One transaction by its signature, as soon as a provider has it in the slot that it was listed in.
 * @throws as `PatientCalls.call`
 */
export function fetchTransaction(
  { signature, slot: listedSlot }: Pick<ListedSignature, 'signature' | 'slot'>,
  { commitment, patienceMs }: { readonly commitment: 'confirmed' | 'finalized'; readonly patienceMs: number },
  calls: PatientCalls,
  signal: AbortSignal,
): Promise<TransactionUpdate> {
  const read = (result: unknown) => {
    const { slot } = (result ?? {}) as { slot?: unknown };
    if (!isSlot(slot) || slot !== listedSlot) return undefined;
    const transaction = transactionFromRpc(result, slot, undefined);
    return encode(transaction.signature) === signature ? transaction : undefined;
  };
  const options = { commitment, encoding: 'json', maxSupportedTransactionVersion: 0 };
  return calls.call('getTransaction', [signature, options], read, signal, { patienceMs });
}

/** Whether patience has ended. */
export function isUndecided(error: unknown): boolean {
  return error instanceof TrunklineError && error.code === 'backfill_undecided';
}

/** Addresses of which each wanted transaction names at least one; undefined: blocks have to be read. */
function addressesOf(filters: readonly UpdateFilter[]): readonly string[] | undefined {
  const addresses = new Set<string>();
  for (const { kind, programs, accounts, required } of filters) {
    const named = programs.length + accounts.length > 0 ? [...programs, ...accounts] : required.slice(0, 1);
    if (named.length === 0 || kind === 'block' || kind === 'block_meta') return undefined;
    for (const address of named) addresses.add(address);
  }
  return [...addresses];
}

/** Who names each address. */
export function namersOf(
  subscriptions: Iterable<SourceSubscription>,
): ReadonlyMap<string, ReadonlySet<SourceSubscription>> {
  const namers = new Map<string, Set<SourceSubscription>>();
  for (const subscription of subscriptions) {
    for (const address of addressesOf([subscription.filter]) ?? []) {
      const others = namers.get(address);
      if (others === undefined) namers.set(address, new Set([subscription]));
      else others.add(subscription);
    }
  }
  return namers;
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
