import type { PublicKey } from '@solana/web3.js';

export interface BankOptions {
  /** The chain's name in the config; its genesis hash is derived from it. */
  readonly chain: string;
  /** Milliseconds between blocks. @default 400 */
  readonly blockTimeMs?: number;
  /** Funded accounts, `devnetKeypair(0)` and so on. @default 10 */
  readonly accounts?: number;
  /** Balance of each of them at the start, in SOL. @default 10000 */
  readonly balance?: number;
  /** Slots after which a block is confirmed; a fork reaches no further back. @default 1 */
  readonly confirmAfter?: number;
  /** Slots after which a block is finalized. @default 32 */
  readonly finalizeAfter?: number;
  /** Slots between forks that come by themselves; 0: none do. @default 0 */
  readonly forkEvery?: number;
  /** Programs that are there from the start. @default none but litesvm's own */
  readonly programs?: readonly { readonly id: PublicKey; readonly elf: Uint8Array }[];
  /** Blocks that are kept. @default 1500 */
  readonly maxBlocks?: number;
  /** Bytes of kept blocks, roughly; those that are not finalized are kept whatever they weigh. @default 128 MiB */
  readonly maxHistoryBytes?: number;
  /** Accounts; at the limit no transaction is taken any more. @default 200000 */
  readonly maxAccounts?: number;
  /** Transactions of a block; it is closed before its time when it has so many. @default 2000 */
  readonly maxBlockTransactions?: number;
}

/** Options with all defaults filled in. */
export type FilledBankOptions = Required<BankOptions>;

export function fillBankOptions(options: BankOptions): FilledBankOptions {
  return {
    blockTimeMs: 400,
    accounts: 10,
    balance: 10_000,
    confirmAfter: 1,
    finalizeAfter: 32,
    forkEvery: 0,
    programs: [],
    maxBlocks: 1_500,
    maxHistoryBytes: 128 * 1024 * 1024,
    maxAccounts: 200_000,
    maxBlockTransactions: 2_000,
    ...options,
  };
}
