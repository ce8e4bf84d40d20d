import type { SelectionStrategy } from '../../config/sections/selection.ts';
import type { Provider } from '../../providers/provider.ts';

export type StrategyName = SelectionStrategy;

/** Picks one of at least one candidate; `turn` grows by one a pick, `random` is uniform in [0, 1). */
export type Strategy = (
  candidates: readonly Provider[],
  label: string,
  turn: number,
  random: () => number,
) => Provider;

/** How often `fastest` looks at another provider, so that one which recovered is found again. */
const explorationShare = 1 / 32;
/** Measured latencies below this many milliseconds count as equal. */
const latencyFloorMs = 0.05;

/**
 * The selection strategies.
 * - `priority`: lowest `priority` first; equal ones take turns.
 * - `round_robin`: all take turns, by `weight`.
 * - `fastest`: lowest average latency for the method; one that was never measured goes first.
 * - `latency_weighted`: at random, weighted by `weight` × (mean / latency)³, so that load shifts without a cliff.
 */
export const strategies: Readonly<Record<StrategyName, Strategy>> = {
  priority: (candidates, _label, turn) => {
    let best = Number.POSITIVE_INFINITY;
    let equals = 0;
    for (const provider of candidates) {
      if (provider.priority < best) {
        best = provider.priority;
        equals = 1;
      } else if (provider.priority === best) equals++;
    }
    let nth = turn % equals;
    for (const provider of candidates) {
      if (provider.priority === best && nth-- === 0) return provider;
    }
    return candidates[0]!;
  },

  round_robin: (candidates, _label, turn) => {
    let total = 0;
    for (const provider of candidates) total += provider.weight;
    let nth = turn % total;
    for (const provider of candidates) {
      nth -= provider.weight;
      if (nth < 0) return provider;
    }
    return candidates[0]!;
  },

  fastest: (candidates, label, _turn, random) => {
    if (candidates.length > 1 && random() < explorationShare) {
      return candidates[Math.floor(random() * candidates.length)]!;
    }
    let best = candidates[0]!;
    let bestLatency = best.latency(label);
    for (let i = 1; i < candidates.length; i++) {
      const latency = candidates[i]!.latency(label);
      if (latency < bestLatency) {
        best = candidates[i]!;
        bestLatency = latency;
      }
    }
    return best;
  },

  latency_weighted: (candidates, label, _turn, random) => {
    let sum = 0;
    let measured = 0;
    for (const provider of candidates) {
      const latency = provider.latency(label);
      if (latency > 0) {
        sum += Math.max(latencyFloorMs, latency);
        measured++;
      }
    }
    const mean = measured === 0 ? 1 : sum / measured;
    // An exponential race: the least of Exp(weight) samples is a weighted draw without a second pass.
    let winner = candidates[0]!;
    let least = Number.POSITIVE_INFINITY;
    for (const provider of candidates) {
      const latency = Math.max(latencyFloorMs, provider.latency(label) || mean);
      const weight = provider.weight * (mean / latency) ** 3;
      const sample = -Math.log(1 - random()) / weight;
      if (sample < least) {
        least = sample;
        winner = provider;
      }
    }
    return winner;
  },
};

export const strategyNames = Object.keys(strategies) as StrategyName[];

export function isStrategyName(text: string): text is StrategyName {
  return Object.hasOwn(strategies, text);
}
