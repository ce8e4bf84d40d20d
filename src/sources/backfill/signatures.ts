import type { PatientCalls } from './patient-calls.ts';

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

/**
 * The transactions of a range of slots that name an address, oldest first; undefined: more than the limit.
 * @throws as `PatientCalls.call`
 */
export async function signaturesOf(
  address: string,
  { from, to, commitment, limit }: SignatureRange,
  calls: PatientCalls,
  signal: AbortSignal,
): Promise<readonly ListedSignature[] | undefined> {
  const found: ListedSignature[] = [];
  let before: string | undefined;
  for (;;) {
    const page = await calls.call(
      'getSignaturesForAddress',
      // A provider that is behind would list too little and look complete.
      [address, { limit: PAGE, commitment, minContextSlot: to, ...(before === undefined ? {} : { before }) }],
      readSignatures,
      signal,
    );
    for (const entry of page) if (entry.slot >= from && entry.slot <= to) found.push(entry);
    if (found.length > limit) return undefined;
    const last = page.at(-1);
    if (last === undefined || page.length < PAGE || last.slot < from) return found.reverse();
    before = last.signature;
  }
}

function readSignatures(result: unknown): readonly ListedSignature[] | undefined {
  if (!Array.isArray(result)) return undefined;
  const entries: ListedSignature[] = [];
  for (const { signature, slot, err } of result) {
    if (typeof signature !== 'string' || typeof slot !== 'number') return undefined;
    entries.push({ signature, slot, isFailed: err !== null && err !== undefined });
  }
  return entries;
}
