/**
 * A provider that carried a stream together with another for so many milliseconds has told all that the other was late with
 * when its subscription began.
 */
const overlapMs = 2_000;

interface Carrier {
  readonly liveAt: number;
  /** It told an event that another one told too, or nobody carried the stream before it. */
  isJoined: boolean;
}

/**
 * Whether a stream goes on without a hole when a provider that carries it is lost. A subscription that has just begun knows
 * nothing of what the lost one was still to tell of the time before; it does once both have told the same event, or have
 * been side by side for a while.
 */
export class Continuity {
  readonly #carriers = new Map<string, Carrier>();

  /** A provider's subscription is live. */
  began(providerId: string, nowMs: number): void {
    this.#carriers.set(providerId, { liveAt: nowMs, isJoined: this.#carriers.size === 0 });
  }

  /** `providerId` told what `firstId` had told at `firstAtMs`. */
  repeated(providerId: string, firstId: string, firstAtMs: number): void {
    if (providerId === firstId) return;
    const carrier = this.#carriers.get(providerId);
    if (carrier !== undefined) carrier.isJoined = true;
    const first = this.#carriers.get(firstId);
    if (first !== undefined && first.liveAt <= firstAtMs) first.isJoined = true;
  }

  /** A live subscription is over. Returns who carries the stream on, if that may be with a hole. */
  ended(providerId: string, nowMs: number): string | undefined {
    this.#carriers.delete(providerId);
    // Who is live longest comes first.
    const [next] = this.#carriers;
    if (next === undefined) return undefined;
    for (const { liveAt, isJoined } of this.#carriers.values())
      if (isJoined || nowMs - liveAt >= overlapMs) return undefined;
    next[1].isJoined = true;
    return next[0];
  }
}
