/** Which updates a pipeline wants; keys in base58. Empty lists mean no condition of that sort. */
export interface UpdateFilter {
  /** `instruction` wants the transactions that its instructions are in. */
  readonly kind: 'transaction' | 'instruction' | 'account' | 'slot' | 'block_meta' | 'block';
  /** Transactions that name at least one of these; of `instruction`, the programs whose instructions are wanted. */
  readonly programs: readonly string[];
  /** Accounts by key; of transactions: further keys of which one has to be named (`programs` and these are one list). */
  readonly accounts: readonly string[];
  /** Of transactions: keys that all have to be named. */
  readonly required: readonly string[];
  /** Of transactions: keys none of which may be named. */
  readonly excluded: readonly string[];
  /** Accounts by the program that owns them. */
  readonly owners: readonly string[];
  /** Of accounts: bytes that their data has to have at an offset; `bytes` in base58. */
  readonly memcmp: readonly { readonly offset: number; readonly bytes: string }[];
  /** Of accounts: the exact length of their data. */
  readonly dataSize: number | undefined;
  /** Failed transactions too. @default false */
  readonly failed: boolean;
  /** Votes too. @default false */
  readonly votes: boolean;
}
