import { keccak_256 } from '@noble/hashes/sha3.js';
import { ElementCursor } from '../../protocol/json-rpc/element-cursor.ts';
import { MAX_DEPTH, OPEN_ARRAY, QUOTE } from '../../protocol/json-rpc/skip-json.ts';
import type { RawWriteRules, UpstreamError } from '../chain-family.ts';
import { anyOf, readable } from '../text-patterns.ts';

/** How a signed transaction is sent without ever being lost, or answered as lost while it is not. */
export const rawWriteRules: RawWriteRules = {
  id: rawTransactionHash,
  idName: 'transactionHash',
  isAlreadyKnown,
  isSpent: isNonceTooLow,
  lookUp: hash => ({ method: 'eth_getTransactionByHash', params: `["${hash}"]` }),
};

/**
 * The hash of the signed transaction in the params of `eth_sendRawTransaction`, `0x` and 64 digits. It is the
 * keccak-256 of the bytes, except for blob transactions: those travel with their blobs, which are not hashed
 * ([EIP-4844](https://eips.ethereum.org/EIPS/eip-4844#networking)).
 *
 * @returns `undefined` when the first param is not the hexadecimal digits of at least one byte.
 */
export function rawTransactionHash(
  source: Buffer,
  paramsStart: number,
  paramsEnd: number,
): string | undefined {
  if (paramsStart < 0 || source[paramsStart] !== OPEN_ARRAY) return undefined;
  const params = new ElementCursor(source, paramsStart, paramsEnd, MAX_DEPTH);
  if (!params.next() || source[params.valueStart] !== QUOTE) return undefined;
  const { valueStart: start, valueEnd: end } = params;
  if (end - start < 6 || source[start + 1] !== 0x30 || (source[start + 2]! | 0x20) !== 0x78) return undefined;
  const digits = source.toString('latin1', start + 3, end - 1);
  const raw = Buffer.from(digits, 'hex');
  // Buffer.from stops at the first character that is no digit.
  if (raw.length * 2 !== digits.length) return undefined;
  return `0x${Buffer.from(keccak_256(hashedPart(raw))).toString('hex')}`;
}

/** Whether the upstream holds this very transaction already, which for its sender is a success. */
export function isAlreadyKnown({ code, message }: UpstreamError): boolean {
  const text = readable(message);
  // What stands behind "execution reverted: " is a contract's word, not the node's.
  return code !== 3 && !text.includes('revert') && ALREADY_KNOWN.test(text);
}

/** Whether the nonce is used up, maybe by this very transaction: its hash must be looked up. */
export function isNonceTooLow({ code, message }: UpstreamError): boolean {
  const text = readable(message);
  return code !== 3 && !text.includes('revert') && NONCE_TOO_LOW.test(text);
}

const ALREADY_KNOWN = anyOf(
  /already ?(known|imported)|\bknown transaction|already have (this )?transaction/,
  /(already|exists) (exists? )?in (the )?(mem|tx)? ?pool|(transaction|tx) (was )?already (exists?|in cache)/,
);
const NONCE_TOO_LOW = anyOf(
  /nonce (is )?too low|nonce (has )?already (been )?used|nonce is lower|nonce below/,
  /old ?nonce|invalid nonce.*(too low|lower)/,
);

const BLOB_TYPE = 0x03;

/** Of a blob transaction in its network form, `0x03 || rlp([transaction, …blobs])`, the transaction; else all of it. */
function hashedPart(raw: Buffer): Uint8Array {
  if (raw[0] !== BLOB_TYPE) return raw;
  const outer = listAt(raw, 1);
  const inner = outer === undefined ? undefined : listAt(raw, outer.start);
  if (outer === undefined || inner === undefined || outer.end !== raw.length || inner.end > outer.end)
    return raw;
  return Buffer.concat([raw.subarray(0, 1), raw.subarray(outer.start, inner.end)]);
}

/** The payload's range of the RLP list at `at`; `undefined`: no list stands there. */
function listAt(raw: Buffer, at: number): { start: number; end: number } | undefined {
  const first = raw[at];
  if (first === undefined || first < 0xc0) return undefined;
  if (first <= 0xf7) return { start: at + 1, end: at + 1 + first - 0xc0 };
  const lengthBytes = first - 0xf7;
  if (lengthBytes > 6 || at + 1 + lengthBytes > raw.length) return undefined;
  const start = at + 1 + lengthBytes;
  return { start, end: start + raw.readUIntBE(at + 1, lengthBytes) };
}
