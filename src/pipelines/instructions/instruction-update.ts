import type { TransactionUpdate } from '../../chains/solana/updates.ts';

/** One instruction of a transaction, in the tree of invocations. Built once a transaction, shared by all pipelines. */
export interface InstructionUpdate {
  readonly kind: 'instruction';
  readonly slot: number;
  readonly transaction: TransactionUpdate;
  /** 32 bytes. */
  readonly program: Uint8Array;
  /** Its accounts, resolved; 32 bytes each. */
  readonly accounts: readonly Uint8Array[];
  readonly data: Uint8Array;
  /** `[1, 0, 2]`: the third that was invoked by the first that was invoked by the second of the message. */
  readonly path: readonly number[];
  /** What it invoked, in order. */
  readonly inner: readonly InstructionUpdate[];
  /**
   * The log lines that this very invocation wrote (`Program log: …`, `Program data: …`, as they are), those of what it
   * invoked left out; attributed by the runtime's own lines, so that no program can write in another's name. Undefined:
   * there are no logs, or they are cut before this instruction ended.
   */
  readonly logs: readonly string[] | undefined;
}
