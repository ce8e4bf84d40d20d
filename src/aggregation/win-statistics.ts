import { MarginHistogram, type MarginSummary } from './margin-histogram.ts';

/** How one provider does in the race for the first arrival. */
export interface ProviderWins {
  readonly providerId: string;
  /** Events that it delivered first. */
  readonly wins: number;
  /** Events that it delivered after another provider. */
  readonly losses: number;
  /** Events that it delivered more than once, as after a reconnect. */
  readonly repeats: number;
  /** By how many milliseconds it led each provider that came second or later, by that provider's id. */
  readonly margins: Readonly<Record<string, MarginSummary>>;
}

interface Standing {
  readonly id: string;
  wins: number;
  losses: number;
  repeats: number;
  /** By the loser's index; holes for providers that it never led. */
  readonly margins: (MarginHistogram | undefined)[];
}

const maxProviders = 64;

/**
 * Counts wins and margins per provider. Bounded: 64 providers are told apart (later ones count as `other`), and
 * each pair that ever met costs half a kilobyte.
 */
export class WinStatistics {
  readonly #standings: Standing[] = [];
  readonly #indexes = new Map<string, number>();

  /** The small number that stands for a provider on the hot path. */
  index(providerId: string): number {
    const known = this.#indexes.get(providerId);
    if (known !== undefined) return known;
    if (this.#standings.length >= maxProviders) return maxProviders - 1;
    const id = this.#standings.length === maxProviders - 1 ? 'other' : providerId;
    const index = this.#standings.push({ id, wins: 0, losses: 0, repeats: 0, margins: [] }) - 1;
    this.#indexes.set(id, index);
    return index;
  }

  id(index: number): string {
    return this.#standings[index]!.id;
  }

  won(provider: number): void {
    this.#standings[provider]!.wins++;
  }

  repeated(provider: number): void {
    this.#standings[provider]!.repeats++;
  }

  lost(provider: number, winner: number, marginMs: number): void {
    this.#standings[provider]!.losses++;
    const margins = this.#standings[winner]!.margins;
    let histogram = margins[provider];
    if (histogram === undefined) {
      histogram = new MarginHistogram();
      margins[provider] = histogram;
    }
    histogram.observe(marginMs);
  }

  snapshot(): ProviderWins[] {
    return this.#standings.map(({ id, wins, losses, repeats, margins }) => ({
      providerId: id,
      wins,
      losses,
      repeats,
      margins: Object.fromEntries(
        margins.flatMap((margin, loser) =>
          margin === undefined ? [] : [[this.id(loser), margin.summary()]],
        ),
      ),
    }));
  }
}
