import type { EventPlace, StreamNature } from '../chains/chain-family.ts';
import type { SubjectBudget } from './subject-budget.ts';

/** What the order of a stream's events depends on. */
export interface EventOrderDeps {
  /** Whether the chain can have come so far: one provider's absurd slot must not silence the others. */
  readonly isPlausible: (slot: number) => boolean;
  /** Whether a provider carries the stream at the moment. */
  readonly isLive: (providerId: string) => boolean;
  readonly budget: SubjectBudget;
}

/** Stands for a provider where an event is the result of a call of Trunkline's own. */
export const ownCall = 'own_call';

interface Told extends EventPlace {
  readonly providerId: string;
}

const maxSubjects = 10_000;

/**
 * Keeps a stream from going back when another provider takes over that is behind, or brings what the first one left out.
 * Where events are states, the last one that a client gets of each subject is the newest one. That holds for at most
 * 10,000 subjects a stream, and as many as the budget has room for: those told of last.
 */
export class EventOrder {
  readonly #nature: StreamNature;
  readonly #deps: EventOrderDeps;
  readonly #told = new Map<string, Told>();

  constructor(nature: StreamNature, deps: EventOrderDeps) {
    this.#nature = nature;
    this.#deps = deps;
  }

  /**
   * Whether the event is to be told; that it is told from then on.
   * @param isNew whether the like of it has not arrived before
   */
  admits(place: EventPlace, providerId: string, isNew: boolean): boolean {
    const { isPlausible } = this.#deps;
    if (!isPlausible(place.slot)) return false;
    const last = this.#told.get(place.subject);
    // What is ahead of all that is plausible was absurd, or is of a chain that began anew.
    const isKnown = last !== undefined && isPlausible(last.slot);
    if (isKnown ? !this.#follows(place, last, providerId) : !isNew) return false;
    if (last !== undefined) this.#told.delete(place.subject);
    else if (this.#told.size > 0 && !this.#hasRoom()) this.#forgetOldest();
    this.#told.set(place.subject, { ...place, providerId });
    return true;
  }

  /** Forgets what was told: the stream is over, or the chain began anew. */
  reset(): void {
    this.#deps.budget.give(Math.max(0, this.#told.size - 1));
    this.#told.clear();
  }

  /** Takes room for one subject more. */
  #hasRoom(): boolean {
    return this.#told.size < maxSubjects && this.#deps.budget.take();
  }

  #forgetOldest(): void {
    const [oldest] = this.#told.keys();
    if (oldest !== undefined) this.#told.delete(oldest);
  }

  #follows(place: EventPlace, last: Told, providerId: string): boolean {
    if (place.slot < last.slot) return false;
    if (this.#nature.order === 'ascending') return place.slot > last.slot;
    const isSameProvider = providerId === last.providerId;
    // The same write may show at a later slot elsewhere; the same provider does not tell one twice.
    if (place.version === last.version)
      return place.slot > last.slot && isSameProvider && providerId !== ownCall;
    if (place.slot > last.slot || isSameProvider || providerId === ownCall) return true;
    // Which of a slot's states is the newest is known of one provider alone, while that is there.
    return !this.#deps.isLive(last.providerId);
  }
}
