/**
 * What the parsers of programs make: plain objects that can be sent to threads. Keys are base58, integers of 64 bits and
 * more are bigints, bytes are `Uint8Array`s, options that hold nothing are `null`; `toJson` turns all of it into JSON.
 */
export type ParsedValue = ParsedInstruction | ParsedEvent | ParsedAccount;

/** An instruction that a program was given. */
export interface ParsedInstruction<Args = Readonly<Record<string, unknown>>> {
  readonly type: 'instruction';
  /** Base58. */
  readonly program: string;
  readonly name: string;
  /** By role; one that the instruction does without is left out, or `null` where something else stands in its place. */
  readonly accounts: Readonly<Record<string, string | null>>;
  /** Accounts behind those that have a role: signers of a multisig, accounts for a transfer hook. */
  readonly remainingAccounts: readonly string[];
  readonly args: Args;
  /** Bytes behind the arguments, which nothing reads. */
  readonly trailingBytes: number;
}

/** An event that a program told of. */
export interface ParsedEvent<Name extends string = string, Data = Readonly<Record<string, unknown>>> {
  readonly type: 'event';
  /** Base58. */
  readonly program: string;
  readonly name: Name;
  readonly data: Data;
  /** Bytes behind the fields, which nothing reads. */
  readonly trailingBytes: number;
}

/** What an account of a program holds. */
export interface ParsedAccount<Data = Readonly<Record<string, unknown>>> {
  readonly type: 'account';
  /** Base58; its owner. */
  readonly program: string;
  readonly name: string;
  /** Base58. */
  readonly pubkey: string;
  readonly lamports: bigint;
  readonly data: Data;
  /** Bytes behind the fields; accounts are often made with room to spare. */
  readonly trailingBytes: number;
}
