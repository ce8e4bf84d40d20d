import type { Devnet } from '../../../src/devnet/devnet.ts';
import type { FaultKind } from '../../../src/devnet/fault-kinds.ts';

type Options = Readonly<Record<string, string | number | boolean>>;

/** What a provider may come down with; each ends when another one's turn comes. */
const faults: readonly (readonly [kind: FaultKind, options: Options])[] = [
  ['kill', {}],
  ['hang', {}],
  ['reset', { stage: 'request' }],
  ['error', { status: 500 }],
  ['error', { style: 'rpc' }],
  ['rate-limit', {}],
  ['truncate', {}],
  ['lag', { blocks: 3 }],
  ['delay', { ms: 400, jitter: 300 }],
  ['drop-ws', {}],
  ['drop-ws', { once: true }],
  ['wrong-id', {}],
  ['null-tx', {}],
  ['syncing', {}],
  ['head', { value: 'billion' }],
  ['slow-drip', { bytes: 64, interval_ms: 20 }],
];

/** A random fault at a random provider, again and again; at most two of the three have one at a time. */
export class SoakFaults {
  readonly #devnet: Devnet;
  readonly #random: () => number;
  readonly counts: Record<string, number> = {};
  /** Providers that have a fault, the one that has had it longest first. */
  readonly #ill: string[] = [];

  /** @param random uniform in [0, 1) */
  constructor(devnet: Devnet, random: () => number) {
    this.#devnet = devnet;
    this.#random = random;
  }

  async next(): Promise<void> {
    const { providers } = this.#devnet;
    const { id } = this.#pick(providers);
    const known = this.#ill.indexOf(id);
    if (known >= 0) this.#ill.splice(known, 1);
    await this.#devnet.heal(id);
    if (this.#ill.length >= providers.length - 1) await this.#devnet.heal(this.#ill.shift());
    const [kind, options] = this.#pick(faults);
    await this.#devnet.fault(id, kind, options);
    this.#ill.push(id);
    this.counts[kind] = (this.counts[kind] ?? 0) + 1;
  }

  async healAll(): Promise<void> {
    this.#ill.length = 0;
    await this.#devnet.heal();
  }

  #pick<T>(from: readonly T[]): T {
    return from[Math.floor(this.#random() * from.length)]!;
  }
}

/** Random numbers that a seed repeats (mulberry32). */
export function seededRandom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
