import { decode } from '../../../../chains/solana/base58.ts';
import type { AccountState } from '../../bank/svm.ts';
import { accountJson } from '../account-json.ts';
import {
  type Config,
  configAt,
  integerOf,
  listOf,
  pubkeyOf,
  type RpcMethod,
  settledCommitment,
  withContext,
} from '../params.ts';
import { invalidParams } from '../rpc-error.ts';

const maxAccounts = 100;
const maxFilters = 4;
const tokenPrograms = [
  'TokenkegQfeZyiNwAJbNbGKPFXCWuBvf9Ss623VQ5DA',
  'TokenzQdBNbLqP5VEhdkAS6EPFLC1PHnBqCXEpPxuEb',
];

/** Methods that read accounts. */
export const accountMethods: Readonly<Record<string, RpcMethod>> = {
  getBalance: (context, params) => {
    const key = pubkeyOf(params[0]);
    const commitment = settledCommitment(context, configAt(params, 1));
    return withContext(context, commitment, context.view.account(key, commitment)?.lamports ?? 0);
  },
  getAccountInfo: (context, params) => {
    const key = pubkeyOf(params[0]);
    const config = configAt(params, 1);
    const commitment = settledCommitment(context, config);
    return withContext(context, commitment, jsonOrNull(context.view.account(key, commitment), config));
  },
  getMultipleAccounts: (context, params) => {
    const keys = listOf(params[0], maxAccounts).map(pubkeyOf);
    const config = { encoding: 'base64', ...configAt(params, 1) };
    const commitment = settledCommitment(context, config);
    const values = keys.map(key => jsonOrNull(context.view.account(key, commitment), config));
    return withContext(context, commitment, values);
  },
  getProgramAccounts: (context, params) => {
    const program = pubkeyOf(params[0]);
    const config = configAt(params, 1);
    const commitment = settledCommitment(context, config);
    const matches = accountFilter(config.filters);
    const found = [...context.view.accountsOf(program, commitment)]
      .filter(({ state }) => matches(state))
      .map(({ name, state }) => ({ pubkey: name, account: accountJson(state, config) }));
    return config.withContext === true ? withContext(context, commitment, found) : found;
  },
  getTokenAccountsByOwner: (context, params) => {
    const owner = decode(pubkeyOf(params[0])) as Uint8Array;
    const wanted = configAt(params, 1);
    const config = configAt(params, 2);
    const commitment = settledCommitment(context, config);
    const mint = wanted.mint === undefined ? undefined : decode(pubkeyOf(wanted.mint));
    const programs = wanted.programId === undefined ? tokenPrograms : [pubkeyOf(wanted.programId)];
    const found = programs
      .flatMap(program => [...context.view.accountsOf(program, commitment)])
      .filter(({ state: { data } }) => data.length >= 165 && isAt(data, 32, owner))
      .filter(({ state: { data } }) => mint === undefined || isAt(data, 0, mint))
      .map(({ name, state }) => ({ pubkey: name, account: accountJson(state, config) }));
    return withContext(context, commitment, found);
  },
  getMinimumBalanceForRentExemption: ({ view }, params) =>
    view.bank.minimumBalance(integerOf(params[0], 'data length')),
};

/** Returns a check of the `filters` of getProgramAccounts and programSubscribe. */
export function accountFilter(filters: unknown): (state: Pick<AccountState, 'data'>) => boolean {
  if (filters === undefined || filters === null) return () => true;
  const checks = listOf(filters, maxFilters).map(filter => {
    const { dataSize, memcmp } = filter as Config;
    if (dataSize !== undefined) {
      const size = integerOf(dataSize, 'dataSize');
      return (data: Uint8Array) => data.length === size;
    }
    if (memcmp === undefined || memcmp === null) throw invalidParams('Invalid params: unknown filter');
    const { offset, bytes, encoding } = memcmp as Config;
    const at = integerOf(offset, 'offset');
    const wanted = comparedBytes(bytes, encoding);
    return (data: Uint8Array) => isAt(data, at, wanted);
  });
  return ({ data }) => checks.every(check => check(data));
}

function comparedBytes(bytes: unknown, encoding: unknown): Uint8Array {
  if (Array.isArray(bytes)) return Uint8Array.from(bytes as number[]);
  const found =
    typeof bytes !== 'string' || bytes.length > 256
      ? undefined
      : encoding === 'base64'
        ? Buffer.from(bytes, 'base64')
        : decode(bytes);
  if (found === undefined) throw invalidParams('Invalid param: memcmp bytes are not valid');
  return found;
}

function isAt(data: Uint8Array, offset: number, wanted: Uint8Array): boolean {
  return Buffer.compare(data.subarray(offset, offset + wanted.length), wanted) === 0;
}

function jsonOrNull(state: AccountState | undefined, config: Config): unknown {
  return state === undefined ? null : accountJson(state, config);
}
