import { encode } from '../../chains/solana/base58.ts';
import type { SolanaUpdate } from '../../chains/solana/updates.ts';
import type { Origin } from '../pipeline.ts';

/** An origin whose texts are worked out when somebody asks for them: most handlers ask for few. */
export class ItemOrigin implements Origin {
  readonly chain: string;
  readonly slot: number;
  readonly ordinal: number;
  readonly isRemoved: boolean;
  #update: SolanaUpdate | undefined;
  readonly #path: readonly number[] | undefined;
  #signature: string | undefined;
  #key: string | undefined;

  constructor(chain: string, update: SolanaUpdate, path: readonly number[] | undefined, ordinal: number) {
    this.chain = chain;
    this.slot = update.slot;
    this.ordinal = ordinal;
    this.isRemoved = false;
    this.#update = update;
    this.#path = path;
  }

  get signature(): string | undefined {
    const update = this.#update;
    if (this.#signature === undefined && update !== undefined && 'signature' in update) {
      if (update.signature !== undefined) this.#signature = encode(update.signature);
    }
    return this.#signature;
  }

  get path(): string | undefined {
    return this.#path?.join('.');
  }

  get key(): string {
    this.#key ??= this.#update === undefined ? '' : this.#keyOf(this.#update);
    return this.#key;
  }

  /** Works out all texts and lets go of the update, for those that are kept for long. */
  detach(): void {
    if (this.#update === undefined) return;
    void this.key;
    void this.signature;
    this.#update = undefined;
  }

  /** All fields, as a plain object. */
  toJSON(): Origin {
    const { chain, slot, signature, path, ordinal, key, isRemoved } = this;
    return { chain, slot, signature, path, ordinal, key, isRemoved };
  }

  #keyOf(update: SolanaUpdate): string {
    const { slot, ordinal } = this;
    switch (update.kind) {
      case 'transaction':
        return `${slot}:${this.signature}:${this.path ?? ''}:${ordinal}`;
      case 'account': {
        // Versions of writes are a node's own.
        const written = `${slot}:${encode(update.pubkey)}:${this.signature ?? update.writeVersion}`;
        return ordinal === 0 ? written : `${written}:${ordinal}`;
      }
      case 'slot':
        return `${slot}:${update.status}:${ordinal}`;
      default:
        return `${slot}:${update.blockhash}:${ordinal}`;
    }
  }
}

/** The origin of a value that is taken back, or told again long after. */
export function plainOrigin(origin: Origin, isRemoved: boolean): Origin {
  const { chain, slot, signature, path, ordinal, key } = origin;
  return { chain, slot, signature, path, ordinal, key, isRemoved };
}
