import type { ChainCalls } from '../../chains/chain-calls.ts';
import { encode } from '../../chains/solana/base58.ts';
import type { Commitment } from '../../chains/solana/commitment.ts';
import type { AccountUpdate } from '../../chains/solana/updates.ts';
import { LruCache, type LruCacheDependencies } from './lru-cache.ts';

/** An account as it was at some slot. */
export interface CachedAccount {
  readonly slot: number;
  /** Base58. */
  readonly owner: string;
  readonly lamports: bigint;
  readonly data: Uint8Array;
  readonly isExecutable: boolean;
}

export interface AccountCacheOptions {
  /** The chain's name. */
  readonly chain: string;
  /** Of the calls. @default 'confirmed' */
  readonly commitment?: Commitment;
  /** Accounts that are kept. @default 10000 */
  readonly max?: number;
  /** Milliseconds that an account is believed that no stream tells of. @default 30000 */
  readonly ttlMs?: number;
}

export interface AccountCacheDependencies extends LruCacheDependencies {
  readonly calls: ChainCalls;
}

/** Accounts by key, for parsers' and handlers' look-ups: what a stream told last, else what a call says. */
export class AccountCache {
  readonly #commitment: Commitment;
  readonly #calls: ChainCalls;
  readonly #cache: LruCache<CachedAccount | null>;

  constructor(options: AccountCacheOptions, { calls, ...dependencies }: AccountCacheDependencies) {
    const { chain, commitment = 'confirmed', max = 10_000, ttlMs = 30_000 } = options;
    this.#commitment = commitment;
    this.#calls = calls;
    this.#cache = new LruCache({ chain, name: 'accounts', max, ttlMs }, dependencies);
  }

  /**
   * The account; null: there is none.
   * @param key base58
   * @throws TrunklineError `own_call_failed`
   */
  get(key: string): Promise<CachedAccount | null> {
    return this.#cache.get(key, () => this.#load(key));
  }

  /** Takes what a stream told, of those accounts that somebody asked for. */
  observe(update: AccountUpdate): void {
    if (this.#cache.size === 0) return;
    const key = encode(update.pubkey);
    const known = this.#cache.peek(key);
    if (known === undefined || (known !== null && known.slot > update.slot)) return;
    const { slot, owner, lamports, data, isExecutable } = update;
    // The update's bytes are the source's.
    this.#cache.set(key, { slot, owner: encode(owner), lamports, data: Uint8Array.from(data), isExecutable });
  }

  #load(key: string): Promise<CachedAccount | null> {
    return loadAccount(key, this.#commitment, this.#calls);
  }
}

/** An account, by a call; null: there is none. @throws TrunklineError `own_call_failed` */
export async function loadAccount(
  key: string,
  commitment: Commitment,
  calls: ChainCalls,
): Promise<CachedAccount | null> {
  const params = [key, { encoding: 'base64', commitment }];
  const { context, value } = (await calls.call('getAccountInfo', params)) as AccountAnswer;
  if (value === null) return null;
  return {
    slot: context.slot,
    owner: value.owner,
    lamports: BigInt(value.lamports),
    data: Buffer.from(value.data[0], 'base64'),
    isExecutable: value.executable,
  };
}

interface AccountAnswer {
  readonly context: { readonly slot: number };
  readonly value: {
    readonly owner: string;
    readonly lamports: number;
    readonly data: readonly [string, string];
    readonly executable: boolean;
  } | null;
}
