import type { ChainCalls } from '../../chains/chain-calls.ts';
import { encode } from '../../chains/solana/base58.ts';
import type { Commitment } from '../../chains/solana/commitment.ts';
import { loadAccount } from './account-cache.ts';
import { LruCache, type LruCacheDependencies } from './lru-cache.ts';

/** A program as the chain has it. */
export interface CachedProgram {
  /** The loader, base58. */
  readonly loader: string;
  /** The account that holds its code, base58; undefined: it holds it itself and cannot be replaced. */
  readonly programData: string | undefined;
  /** When it was last deployed; undefined: not known. */
  readonly deployedSlot: number | undefined;
  /** Who may replace it, base58; undefined: nobody. */
  readonly authority: string | undefined;
}

export interface ProgramCacheOptions {
  /** The chain's name. */
  readonly chain: string;
  /** Of the calls. @default 'confirmed' */
  readonly commitment?: Commitment;
  /** Programs that are kept. @default 1000 */
  readonly max?: number;
  /** Milliseconds that a program is believed to be the same. @default 300000 */
  readonly ttlMs?: number;
}

export interface ProgramCacheDependencies extends LruCacheDependencies {
  readonly calls: ChainCalls;
}

const upgradeableLoader = 'BPFLoaderUpgradeab1e11111111111111111111111';
/** `UpgradeableLoaderState`: a tag of four bytes; 2: a program, 3: its data. */
const programTag = 2;
const dataTag = 3;

/** Programs by key, for look-ups of parsers and handlers: where their code is, and when it changed. */
export class ProgramCache {
  readonly #commitment: Commitment;
  readonly #calls: ChainCalls;
  readonly #cache: LruCache<CachedProgram | null>;

  constructor(options: ProgramCacheOptions, { calls, ...dependencies }: ProgramCacheDependencies) {
    const { chain, commitment = 'confirmed', max = 1_000, ttlMs = 300_000 } = options;
    this.#commitment = commitment;
    this.#calls = calls;
    this.#cache = new LruCache({ chain, name: 'programs', max, ttlMs }, dependencies);
  }

  /**
   * The program; null: there is none under this key.
   * @param key base58
   * @throws TrunklineError `own_call_failed`
   */
  get(key: string): Promise<CachedProgram | null> {
    return this.#cache.get(key, () => this.#load(key));
  }

  async #load(key: string): Promise<CachedProgram | null> {
    const program = await loadAccount(key, this.#commitment, this.#calls);
    if (program === null || !program.isExecutable) return null;
    const fixed = {
      loader: program.owner,
      programData: undefined,
      deployedSlot: undefined,
      authority: undefined,
    };
    const state = Buffer.from(program.data);
    if (program.owner !== upgradeableLoader || state.length < 36 || state.readUInt32LE(0) !== programTag)
      return fixed;
    const programData = encode(state.subarray(4, 36));
    const held = await loadAccount(programData, this.#commitment, this.#calls);
    const header = held === null ? undefined : Buffer.from(held.data.subarray(0, 45));
    if (header === undefined || header.length < 13 || header.readUInt32LE(0) !== dataTag)
      return { ...fixed, programData };
    return {
      loader: program.owner,
      programData,
      deployedSlot: Number(header.readBigUInt64LE(4)),
      authority: header[12] === 1 && header.length === 45 ? encode(header.subarray(13)) : undefined,
    };
  }
}
