import { SystemProgram } from '@solana/web3.js';
import { decode, encode } from '../../../chains/solana/base58.ts';
import type { AccountWrite, BankTransaction, TransactionErrorJson } from './bank-events.ts';
import { type DecodedTransaction, isWritable } from './decode-transaction.ts';
import type { AccountState, Svm, SvmOutcome } from './svm.ts';

/** What the executor leaves to the bank to number. */
export type ExecutedTransaction = Omit<BankTransaction, 'slot' | 'index' | 'writes'> & {
  readonly writes: readonly Omit<AccountWrite, 'slot' | 'writeVersion'>[];
};

/** A transaction that was executed, or that was not charged and so is in no block. */
export type Execution =
  | {
      readonly kind: 'executed';
      readonly transaction: ExecutedTransaction;
      /** What the accounts that it wrote were before, in the order of `writes`. */
      readonly before: readonly (AccountState | undefined)[];
    }
  | { readonly kind: 'refused'; readonly error: TransactionErrorJson; readonly logs: readonly string[] };

/** Runs a transaction on the machine and gathers all that it changed. */
export function executeTransaction(svm: Svm, decoded: DecodedTransaction): Execution {
  const { keys, loadedWritable } = accountKeysOf(svm, decoded);
  const before = keys.map((key, index) =>
    isWritable(decoded, index, loadedWritable) ? svm.account(key) : undefined,
  );
  const preBalances = keys.map((key, index) => before[index]?.lamports ?? svm.balance(key));
  const outcome = svm.execute(decoded);
  const postBalances = keys.map(key => svm.balance(key));
  // A transaction that fails is in a block if it has paid its fee, and only then.
  if (outcome.error !== undefined && preBalances[0] === postBalances[0])
    return { kind: 'refused', error: outcome.error, logs: outcome.logs };
  const writes: ExecutedTransaction['writes'][number][] = [];
  const overwritten: (AccountState | undefined)[] = [];
  for (const [index, key] of keys.entries()) {
    if (!isWritable(decoded, index, loadedWritable)) continue;
    const after = svm.account(key);
    if (isSame(before[index], after)) continue;
    writes.push(writeOf(key, after, decoded.signatures[0] as Uint8Array));
    overwritten.push(before[index]);
  }
  return {
    kind: 'executed',
    transaction: transactionOf(decoded, outcome, { keys, loadedWritable, preBalances, postBalances, writes }),
    before: overwritten,
  };
}

/** All accounts of a transaction, those of lookup tables included; without these when a table does not have them. */
function accountKeysOf(
  svm: Svm,
  decoded: DecodedTransaction,
): { readonly keys: readonly Uint8Array[]; readonly loadedWritable: number } {
  const writable: Uint8Array[] = [];
  const readonly: Uint8Array[] = [];
  for (const lookup of decoded.tableLookups) {
    const data = svm.account(lookup.table)?.data ?? new Uint8Array();
    const at = (index: number) => data.subarray(tableHeader + 32 * index, tableHeader + 32 * (index + 1));
    for (const index of lookup.writableIndexes) writable.push(at(index));
    for (const index of lookup.readonlyIndexes) readonly.push(at(index));
  }
  const isWhole = [...writable, ...readonly].every(key => key.length === 32);
  if (!isWhole) return { keys: decoded.staticKeys, loadedWritable: 0 };
  return { keys: [...decoded.staticKeys, ...writable, ...readonly], loadedWritable: writable.length };
}

/** Whether a transaction names a durable nonce that its nonce account holds, in place of a recent blockhash. */
export function hasValidNonce(svm: Svm, decoded: DecodedTransaction): boolean {
  const first = decoded.instructions[0];
  if (first === undefined || first.data[0] !== advanceNonce || first.data.length < 4) return false;
  const program = decoded.staticKeys[first.programIndex];
  const account = decoded.staticKeys[first.accounts[0] ?? -1];
  if (program === undefined || account === undefined || !isSystem(program)) return false;
  const state = svm.account(account);
  if (state === undefined || !isSystem(state.owner) || state.data.length < 80) return false;
  const nonce = decode(decoded.recentBlockhash);
  return nonce !== undefined && Buffer.compare(state.data.subarray(40, 72), nonce) === 0;
}

/** The SPL Memo programs: litesvm 0.8 may abort the process with them. */
const memoPrograms = new Set([
  'MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr',
  'Memo1UhkJRfHyvLMcVucJwxXeuD728EqVDDwQDxFMNo',
]);

/** Whether the machine must not be given this transaction. */
export function isForbidden(decoded: DecodedTransaction): boolean {
  return decoded.staticKeys.some(key => memoPrograms.has(encode(key)));
}

const tableHeader = 56;
const advanceNonce = 4;
const systemProgram = SystemProgram.programId.toBytes();

function isSystem(key: Uint8Array): boolean {
  return Buffer.compare(key, systemProgram) === 0;
}

function isSame(a: AccountState | undefined, b: AccountState | undefined): boolean {
  if (a === undefined || b === undefined) return a === b;
  return (
    a.lamports === b.lamports &&
    a.isExecutable === b.isExecutable &&
    Buffer.compare(a.owner, b.owner) === 0 &&
    Buffer.compare(a.data, b.data) === 0
  );
}

function writeOf(
  pubkey: Uint8Array,
  state: AccountState | undefined,
  signature: Uint8Array,
): ExecutedTransaction['writes'][number] {
  return {
    kind: 'account',
    pubkey,
    owner: state?.owner ?? systemProgram,
    lamports: state?.lamports ?? 0n,
    data: state?.data ?? new Uint8Array(),
    isExecutable: state?.isExecutable ?? false,
    rentEpoch: state?.rentEpoch ?? 0n,
    signature,
  };
}

function transactionOf(
  decoded: DecodedTransaction,
  outcome: SvmOutcome,
  more: {
    readonly keys: readonly Uint8Array[];
    readonly loadedWritable: number;
    readonly preBalances: readonly bigint[];
    readonly postBalances: readonly bigint[];
    readonly writes: ExecutedTransaction['writes'];
  },
): ExecutedTransaction {
  const { signatures, wire, version, header, staticKeys, instructions, tableLookups } = decoded;
  const { error, logs, inner, computeUnits, fee, returnData } = outcome;
  return {
    kind: 'transaction',
    signature: signatures[0] as Uint8Array,
    signatures,
    isVote: false,
    isFailed: error !== undefined,
    error,
    accountKeys: more.keys,
    instructions,
    inner,
    logs,
    fee,
    computeUnits,
    wire,
    version,
    header,
    recentBlockhash: decode(decoded.recentBlockhash) as Uint8Array,
    staticKeys: staticKeys.length,
    loadedWritable: more.loadedWritable,
    tableLookups,
    preBalances: more.preBalances,
    postBalances: more.postBalances,
    returnData,
    writes: more.writes,
  };
}
