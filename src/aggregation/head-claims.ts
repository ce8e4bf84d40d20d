/** A block as a provider announced it; a `Head` fits, a bare number from `eth_blockNumber` too. */
export interface ObservedHead {
  readonly number: number;
  readonly hash?: string;
  readonly parentHash?: string;
  /** Seconds since the epoch. */
  readonly timestamp?: number;
}

/** What one provider last said about its head, and what of it is believed. */
export interface HeadClaim {
  readonly providerId: string;
  head: ObservedHead;
  atMs: number;
  /** The last claim that was believed. */
  believed: ObservedHead | undefined;
  believedAtMs: number;
  /** Another provider bore `believed` out; a first claim made alone is not confirmed. */
  isConfirmed: boolean;
  /** Since when its claims have gone up at a pace that a chain can have. */
  steadySinceMs: number;
  /** Number of its first claim in the present steady run. */
  steadyFrom: number;
}

/** The bounds of belief. */
export interface BeliefOptions {
  readonly blockTimeMs: number;
  /** Blocks that a claim may be above the reference whatever time has passed. */
  readonly maxLeadBlocks: number;
  /** A claim older than this does not speak for or against others, in milliseconds. */
  readonly freshMs: number;
  /** How long a provider must advance steadily before it wins against one single other, in milliseconds. */
  readonly disputeMs: number;
}

/** `alone`: believed for want of anybody to ask; withdrawn when others contradict it. */
export type Belief = 'confirmed' | 'alone' | 'refused';

/**
 * Weighs a claim. No single provider can move the head: it is believed when the upper median of the others is
 * near it, when it is the child of a block that is believed, when its block's own timestamp accounts for the
 * distance, or, with one single contradicting provider, when it has advanced steadily for `disputeMs`.
 */
export function weigh(
  claim: HeadClaim,
  claims: Iterable<HeadClaim>,
  nowMs: number,
  wallNowMs: number,
  options: BeliefOptions,
): Belief {
  const { head } = claim;
  const others = [...claims].filter(
    other => other !== claim && other.head.number > 0 && nowMs - other.atMs <= options.freshMs,
  );
  if (others.length === 0) return weighAlone(claim, nowMs, options);
  if (head.number === 0) return 'refused';
  if (isChildOfBelieved(head, claim, others)) return 'confirmed';
  if (claim.isConfirmed && isOwnPace(claim, nowMs, options, paceSlack)) return 'confirmed';
  others.sort((a, b) => a.head.number - b.head.number);
  const reference = others[others.length >> 1]!;
  const lead = head.number - reference.head.number;
  if (lead <= options.maxLeadBlocks + blocksIn(nowMs - reference.atMs, options)) return 'confirmed';
  if (isAccountedFor(head, reference.head, lead, wallNowMs, options)) return 'confirmed';
  const hasAdvanced = head.number > claim.steadyFrom && nowMs - claim.steadySinceMs >= options.disputeMs;
  return others.length === 1 && hasAdvanced ? 'confirmed' : 'refused';
}

/** Blocks that a chain can have made in a time: twice as many as its block time says. */
export function blocksIn(elapsedMs: number, options: Pick<BeliefOptions, 'blockTimeMs'>): number {
  return Math.ceil((2 * Math.max(0, elapsedMs)) / options.blockTimeMs);
}

/** A confirmed provider may run ahead of the others at the chain's pace, in steps no larger than this and the time. */
const paceSlack = 8;

/** With nobody to ask, a jump must be said twice before it is believed. */
function weighAlone(claim: HeadClaim, nowMs: number, options: BeliefOptions): Belief {
  if (isOwnPace(claim, nowMs, options, options.maxLeadBlocks))
    return claim.isConfirmed ? 'confirmed' : 'alone';
  return claim.steadySinceMs < claim.atMs ? 'alone' : 'refused';
}

function isOwnPace(claim: HeadClaim, nowMs: number, options: BeliefOptions, slack: number): boolean {
  if (claim.believed === undefined) return true;
  return claim.head.number - claim.believed.number <= slack + blocksIn(nowMs - claim.believedAtMs, options);
}

function isChildOfBelieved(head: ObservedHead, claim: HeadClaim, others: readonly HeadClaim[]): boolean {
  if (head.parentHash === undefined) return false;
  const isParent = ({ believed, isConfirmed }: HeadClaim) =>
    isConfirmed && believed?.hash === head.parentHash && believed?.number === head.number - 1;
  return isParent(claim) || others.some(isParent);
}

/** A head that is really ahead has a later timestamp, in proportion, and one that is not in the future. */
function isAccountedFor(
  head: ObservedHead,
  reference: ObservedHead,
  lead: number,
  wallNowMs: number,
  options: BeliefOptions,
): boolean {
  if (head.timestamp === undefined || reference.timestamp === undefined) return false;
  if (head.timestamp * 1000 > wallNowMs + 120_000) return false;
  const elapsedMs = (head.timestamp - reference.timestamp) * 1000;
  return lead <= options.maxLeadBlocks + blocksIn(elapsedMs, options);
}
