import { type BorshType, bool, fixedOption, key, struct, u8, u64 } from '../../borsh/borsh-types.ts';
import { decode } from '../../borsh/decode.ts';
import { readExtensions } from './token-extensions.ts';

const states = ['uninitialized', 'initialized', 'frozen'];

const accountState: BorshType<string> = {
  minSize: 1,
  read(cursor) {
    const state = cursor.u8();
    const name = states[state];
    if (name === undefined) throw cursor.error(`a token account's state is 0 to 2, not ${state}`);
    return name;
  },
};

/** The keys that are there of a multisig's eleven places. */
const signers: BorshType<string[]> = {
  minSize: 11 * 32,
  read: cursor => Array.from({ length: 11 }, () => key.read(cursor)),
};

const mint = struct({
  mintAuthority: fixedOption(key),
  supply: u64,
  decimals: u8,
  isInitialized: bool,
  freezeAuthority: fixedOption(key),
});

const tokenAccount = struct({
  mint: key,
  owner: key,
  amount: u64,
  delegate: fixedOption(key),
  state: accountState,
  /** The rent-exempt reserve, of wrapped SOL only. */
  isNative: fixedOption(u64),
  delegatedAmount: u64,
  closeAuthority: fixedOption(key),
});

const multisig = struct({ m: u8, n: u8, isInitialized: bool, signers });

const mintSize = 82;
const accountSize = 165;
const multisigSize = 355;
/** Where Token-2022 says which of the two it is, behind the room of an account. */
const kindOffset = accountSize;

/** What a token program's account holds. */
export type TokenAccountData =
  | {
      readonly ok: true;
      readonly name: 'mint' | 'account' | 'multisig';
      readonly data: Readonly<Record<string, unknown>>;
    }
  | { readonly ok: false; readonly reason: string };

/** Tells mints, token accounts and multisigs apart by their size, those with extensions by the byte behind an account. */
export function readTokenAccount(data: Uint8Array, hasExtensions: boolean): TokenAccountData {
  if (data.length === multisigSize) return readMultisig(data);
  if (data.length === mintSize) return named('mint', decode(mint, data));
  if (data.length === accountSize) return named('account', decode(tokenAccount, data));
  if (!hasExtensions || data.length <= accountSize)
    return { ok: false, reason: `${data.length} bytes are neither mint, account nor multisig` };
  const kind = data[kindOffset];
  if (kind !== 1 && kind !== 2)
    return { ok: false, reason: `the kind is 1 (mint) or 2 (account), not ${kind}` };
  const base = kind === 1 ? named('mint', decode(mint, data)) : named('account', decode(tokenAccount, data));
  if (!base.ok) return base;
  const extensions = readExtensions(data, kindOffset + 1);
  if (!extensions.ok) return extensions;
  return { ...base, data: { ...base.data, extensions: extensions.list } };
}

function readMultisig(data: Uint8Array): TokenAccountData {
  const read = decode(multisig, data);
  if (!read.ok) return read;
  const { n, signers: places } = read.value;
  return { ok: true, name: 'multisig', data: { ...read.value, signers: places.slice(0, n) } };
}

function named(
  name: 'mint' | 'account',
  read: ReturnType<typeof decode<Readonly<Record<string, unknown>>>>,
): TokenAccountData {
  return read.ok ? { ok: true, name, data: read.value } : read;
}
