import { createHash } from 'node:crypto';
import type { AccountUpdate, TransactionUpdate } from '../../../../src/chains/solana/updates.ts';

/** A key of a test's own, the same each time. */
export function key(name: string): Uint8Array {
  return new Uint8Array(createHash('sha256').update(name).digest());
}

/** An instruction as a test writes it; `inner` below an instruction of the message, in the order of execution. */
export interface WrittenInstruction {
  readonly program: Uint8Array;
  readonly accounts?: readonly Uint8Array[];
  readonly data?: Uint8Array;
  /** Stack height; `null`: the source does not say. @default 2 */
  readonly height?: number | null;
  readonly inner?: readonly WrittenInstruction[];
}

/** A transaction of the instructions given, its keys collected from them. */
export function transactionOf(
  instructions: readonly WrittenInstruction[],
  more: Partial<TransactionUpdate> = {},
): TransactionUpdate {
  const keys: Uint8Array[] = [];
  const places = new Map<string, number>();
  const place = (bytes: Uint8Array): number => {
    const name = Buffer.from(bytes).toString('hex');
    const known = places.get(name);
    if (known !== undefined) return known;
    places.set(name, keys.length);
    return keys.push(bytes) - 1;
  };
  const compile = ({ program, accounts = [], data = new Uint8Array() }: WrittenInstruction) => ({
    programIndex: place(program),
    accounts: Uint8Array.from(accounts, place),
    data,
  });
  const compiled = instructions.map(compile);
  const inner = instructions.flatMap(({ inner }, index) =>
    inner === undefined
      ? []
      : [
          {
            index,
            instructions: inner.map(written => ({
              ...compile(written),
              stackHeight: written.height === null ? undefined : (written.height ?? 2),
            })),
          },
        ],
  );
  return {
    kind: 'transaction',
    slot: 7,
    index: 0,
    signature: new Uint8Array(64).fill(1),
    isVote: false,
    isFailed: false,
    error: undefined,
    accountKeys: keys,
    instructions: compiled,
    inner,
    logs: undefined,
    fee: 5000,
    computeUnits: undefined,
    ...more,
  };
}

/** An account update with the data given. */
export function accountOf(
  owner: Uint8Array,
  data: Uint8Array,
  more: Partial<AccountUpdate> = {},
): AccountUpdate {
  return {
    kind: 'account',
    slot: 7,
    pubkey: key('account'),
    owner,
    lamports: 1_000_000n,
    data,
    isExecutable: false,
    writeVersion: 1n,
    signature: undefined,
    ...more,
  };
}
