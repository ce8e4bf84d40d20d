import { decode, encode } from '../../../chains/solana/base58.ts';
import type {
  AccountCondition,
  AccountsFilter,
  DataSlice,
  Memcmp,
} from '../../../protocol/geyser/geyser-messages.ts';
import type { AccountWrite } from '../bank/bank-events.ts';
import { checkKeys, checkMaximum, filterLimits, invalidFilter } from './filter-limits.ts';

export type AccountTest = (write: AccountWrite) => boolean;

/** Whether a filter wants the write of an account: all that it names has to hold. @throws InvalidFilter */
export function accountTest(filter: AccountsFilter): AccountTest {
  const { account, owner, filters, nonemptyTxnSignature } = filter;
  checkKeys(account);
  checkKeys(owner);
  checkMaximum(filters.length, filterLimits.conditions, 'conditions on an account');
  const keys = new Set(account);
  const owners = new Set(owner);
  const conditions = filters.map(conditionTest);
  return write =>
    (keys.size === 0 || keys.has(encode(write.pubkey))) &&
    (owners.size === 0 || owners.has(encode(write.owner))) &&
    (nonemptyTxnSignature ?? hasSignature(write)) === hasSignature(write) &&
    conditions.every(test => test(write));
}

function hasSignature({ signature }: AccountWrite): boolean {
  return signature !== undefined;
}

function conditionTest({ memcmp, datasize, tokenAccountState, lamports }: AccountCondition): AccountTest {
  if (memcmp) return memcmpTest(memcmp);
  if (datasize !== undefined && datasize !== null) return ({ data }) => data.length === Number(datasize);
  if (tokenAccountState) return ({ data }) => isTokenAccount(data);
  if (!lamports) throw invalidFilter('a condition on an account without anything in it');
  const { eq, ne, lt, gt } = lamports;
  if (eq !== undefined && eq !== null) return write => write.lamports === BigInt(eq);
  if (ne !== undefined && ne !== null) return write => write.lamports !== BigInt(ne);
  if (lt !== undefined && lt !== null) return write => write.lamports < BigInt(lt);
  if (gt !== undefined && gt !== null) return write => write.lamports > BigInt(gt);
  throw invalidFilter('a condition on lamports without a number');
}

function memcmpTest({ offset, bytes, base58, base64 }: Memcmp): AccountTest {
  const wanted = bytes ?? (base64 ? Buffer.from(base64, 'base64') : decode(base58 ?? ''));
  if (wanted === undefined || wanted.length === 0) throw invalidFilter('a comparison without readable bytes');
  checkMaximum(wanted.length, filterLimits.memcmpBytes, 'bytes in a comparison');
  const start = Number(offset);
  return ({ data }) => Buffer.compare(data.subarray(start, start + wanted.length), wanted) === 0;
}

/** The layout of SPL Token: an account is 165 bytes long, or longer and says so behind them; byte 108 is its state. */
function isTokenAccount(data: Uint8Array): boolean {
  return data[108] !== undefined && data[108] !== 0 && (data.length === 165 || data[165] === 2);
}

/** The parts of account data that were asked for, one behind the other; undefined: all of it. @throws InvalidFilter */
export function dataSlicer(slices: readonly DataSlice[]): ((data: Uint8Array) => Uint8Array) | undefined {
  checkMaximum(slices.length, filterLimits.slices, 'data slices');
  if (slices.length === 0) return undefined;
  const ranges = slices.map(({ offset, length }) => ({
    start: Number(offset),
    end: Number(offset) + Number(length),
  }));
  ranges.forEach(({ start }, index) => {
    const before = ranges[index - 1];
    if (before === undefined) return;
    if (start < before.start) throw invalidFilter('data slices out of order');
    if (start < before.end) throw invalidFilter('data slices overlap');
  });
  // A slice that the data do not fill is left out, as the plugin does.
  return data =>
    Buffer.concat(
      ranges.filter(({ end }) => end <= data.length).map(({ start, end }) => data.subarray(start, end)),
    );
}
