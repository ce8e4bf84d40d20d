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
  /** `head` is the child of what was believed of this provider before. */
  isChained: boolean;
  atMs: number;
  /** The last claim that was believed. */
  believed: ObservedHead | undefined;
  believedAtMs: number;
  /**
   * The last number that others or the block's own timestamp bore out; from there its own pace is measured.
   * Absent: nothing but the provider itself speaks for what is believed.
   */
  anchor: HeadAnchor | undefined;
  /** Since when its claims have gone up at a pace that a chain can have. */
  steadySinceMs: number;
  /** Number of its first claim in the present steady run. */
  steadyFrom: number;
}

/** A number that was borne out, when, and where the others were then. */
export interface HeadAnchor {
  readonly number: number;
  readonly atMs: number;
  readonly reference: number;
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

/**
 * `anchored`: others, or the block's timestamp, bear it out. `followed`: it continues something believed.
 * `alone`: believed for want of anybody to ask. `jumped`: alone, and far from what was believed before.
 */
export type Belief =
  | { readonly kind: 'anchored'; readonly anchor: HeadAnchor }
  | { readonly kind: 'followed' | 'alone' | 'jumped' | 'refused' };

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
  if (head.number === 0) return { kind: 'refused' };
  others.sort((a, b) => a.head.number - b.head.number);
  const reference = others[others.length >> 1]!;
  const lead = head.number - reference.head.number;
  const hasAdvanced = head.number > claim.steadyFrom && nowMs - claim.steadySinceMs >= options.disputeMs;
  if (
    lead <= options.maxLeadBlocks + blocksIn(nowMs - reference.atMs, options) ||
    isAccountedFor(head, reference.head, lead, wallNowMs, options) ||
    (others.length === 1 && hasAdvanced)
  ) {
    const anchor = { number: head.number, atMs: claim.atMs, reference: reference.head.number };
    return { kind: 'anchored', anchor };
  }
  const isFollowing =
    isOwnPace(claim, reference.head.number, nowMs, options) || isChildOfBelieved(claim, others);
  return { kind: isFollowing ? 'followed' : 'refused' };
}

/** Blocks that a chain can have made in a time: twice as many as its block time says. */
export function blocksIn(elapsedMs: number, options: Pick<BeliefOptions, 'blockTimeMs'>): number {
  return Math.ceil((2 * Math.max(0, elapsedMs)) / options.blockTimeMs);
}

/** With nobody to ask, a jump must be said twice before it is believed. */
function weighAlone(claim: HeadClaim, nowMs: number, options: BeliefOptions): Belief {
  const { believed, believedAtMs, head } = claim;
  if (believed === undefined) return { kind: 'alone' };
  const allowed = options.maxLeadBlocks + blocksIn(nowMs - believedAtMs, options);
  if (head.number - believed.number <= allowed) return { kind: 'alone' };
  return { kind: claim.steadySinceMs < claim.atMs ? 'jumped' : 'refused' };
}

const paceSlack = 8;

/**
 * A provider that was right may go on at the chain's pace when the others, as it turns out, are stuck: when they
 * have come less than a quarter as far since. A provider that only creeps away from them may not.
 */
function isOwnPace(
  { head, anchor }: HeadClaim,
  reference: number,
  nowMs: number,
  options: BeliefOptions,
): boolean {
  if (anchor === undefined) return false;
  const advance = head.number - anchor.number;
  const areOthersStuck = (reference - anchor.reference) * 4 < advance;
  return areOthersStuck && advance <= paceSlack + blocksIn(nowMs - anchor.atMs, options);
}

/** Whether `head` is the next block after `parent`. */
export function isChild(head: ObservedHead, parent: ObservedHead | undefined): boolean {
  if (parent?.hash === undefined || head.parentHash === undefined) return false;
  return head.parentHash === parent.hash && head.number === parent.number + 1;
}

/** A parent counts when it was borne out; a provider's own also when only one other speaks against it. */
function isChildOfBelieved(claim: HeadClaim, others: readonly HeadClaim[]): boolean {
  if (claim.isChained && (claim.anchor !== undefined || others.length === 1)) return true;
  return others.some(other => other.anchor !== undefined && isChild(claim.head, other.believed));
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
