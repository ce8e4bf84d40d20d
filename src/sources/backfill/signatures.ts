import { isSlot } from '../slots/believed-slots.ts';
import type { PatientCallOptions, PatientCalls } from './patient-calls.ts';

/** A transaction that names an address, as `getSignaturesForAddress` lists it. */
export interface ListedSignature {
  /** Base58. */
  readonly signature: string;
  readonly slot: number;
  readonly isFailed: boolean;
}

export interface SignatureRange {
  /** Both ends belong to it. */
  readonly from: number;
  readonly to: number;
  readonly commitment: 'confirmed' | 'finalized';
  /** More of one address than this are not listed. */
  readonly limit: number;
}

const PAGE = 1000;
/** Of one address; behind them blocks are read. */
const MAX_PAGES = 400;
/** Milliseconds for which lists that do not go on are borne. */
const PATIENCE_MS = 30_000;

/**
 * The transactions of a range of slots that name an address, oldest first; undefined: more than the limit.
 * @throws as `PatientCalls.call`
 */
export async function signaturesOf(
  address: string,
  { from, to, commitment, limit }: SignatureRange,
  calls: PatientCalls,
  signal: AbortSignal,
  options?: PatientCallOptions,
): Promise<readonly ListedSignature[] | undefined> {
  const found: ListedSignature[] = [];
  const seen = new Set<string>();
  let oldest = Number.POSITIVE_INFINITY;
  let before: string | undefined;
  for (let pages = 0; pages < MAX_PAGES; pages++) {
    const page = await calls.call(
      'getSignaturesForAddress',
      // A provider that is behind would list too little and look complete.
      [address, { limit: PAGE, commitment, minContextSlot: to, ...(before === undefined ? {} : { before }) }],
      result => readSignatures(result, seen, oldest),
      signal,
      { ...options, patienceMs: PATIENCE_MS },
    );
    seen.clear();
    for (const { signature } of page) seen.add(signature);
    for (const entry of page) if (entry.slot >= from && entry.slot <= to) found.push(entry);
    if (found.length > limit) return undefined;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE || last.slot < from) return found.reverse();
    before = last.signature;
    oldest = last.slot;
  }
  return undefined;
}

/**
 * Reads a page, newest first.
 * @param before signatures of the page before: one that brings them again does not go on
 * @param oldest no slot is above
 */
function readSignatures(
  result: unknown,
  before: ReadonlySet<string>,
  oldest: number,
): readonly ListedSignature[] | undefined {
  if (!Array.isArray(result)) return undefined;
  const entries: ListedSignature[] = [];
  for (const { signature, slot, err } of result) {
    if (typeof signature !== 'string' || !isSlot(slot) || before.has(signature)) return undefined;
    if (slot > (entries.at(-1)?.slot ?? oldest)) return undefined;
    entries.push({ signature, slot, isFailed: err !== null && err !== undefined });
  }
  return entries;
}
