import { deserialize, serialize } from 'node:v8';
import type { Clock } from '../../clock/clock.ts';
import type { Log } from '../../telemetry/log.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { PipelineError } from '../errors.ts';
import { pipelineMetrics } from '../metrics.ts';
import { toJson } from '../parsers/to-json.ts';
import type { Origin, PipelineItem } from '../pipeline.ts';
import { plainOrigin } from '../runtime/item-origin.ts';
import { messageOf } from '../thrown.ts';
import type { StateChange, StateStore } from './state-store.ts';

/** A value that a handler gave up, or a gap that it could not be told. */
export interface DeadLetter {
  /** Its place in the order of arrival. */
  readonly id: number;
  readonly pipeline: string;
  readonly handler: string;
  readonly origin: Origin;
  readonly error: { readonly code: string; readonly message: string };
  /** Tries before it was given up. */
  readonly attempts: number;
  /** Wall-clock milliseconds. */
  readonly at: number;
  /** The value as JSON, for people. */
  readonly value: unknown;
  /** The value is a `PipelineGap`, its origin the gap's first slot. @default false */
  readonly isGap?: boolean;
}

/** What is told of a new one. */
export type NewDeadLetter = Omit<DeadLetter, 'id' | 'pipeline' | 'at' | 'value' | 'origin'> & {
  readonly item: PipelineItem;
};

export interface DeadLetterStoreOptions {
  readonly pipeline: string;
  /** What the pipeline's metrics call it. */
  readonly metricsLabel: string;
  /** Letters that are kept; beyond it the oldest goes. */
  readonly max: number;
}

export interface DeadLetterDependencies {
  readonly state: StateStore;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
}

type StoredLetter = DeadLetter & { readonly packed: string | undefined };

const prefix = 'd/';
const keyOf = (id: number): string => `${prefix}${id.toString(16).padStart(13, '0')}`;
const idOf = (key: string): number => Number.parseInt(key.slice(prefix.length), 16);
/** Milliseconds between two log lines about letters that had to go. */
const quietMs = 30_000;

/** What the handlers of one pipeline gave up, kept to be looked at, replayed or deleted. */
export class DeadLetterStore {
  readonly #options: DeadLetterStoreOptions;
  readonly #dependencies: DeadLetterDependencies;
  readonly #lost: CounterCell;
  /** All ids, ascending. */
  #ids: number[] = [];
  #nextId = 1;
  #quietUntil = Number.NEGATIVE_INFINITY;

  constructor(options: DeadLetterStoreOptions, dependencies: DeadLetterDependencies) {
    this.#options = options;
    this.#dependencies = dependencies;
    const labels = { pipeline: options.metricsLabel };
    this.#lost = dependencies.metrics.counter(pipelineMetrics.deadLettersLost, labels);
  }

  get size(): number {
    return this.#ids.length;
  }

  /** Finds what is kept; before anything else. */
  async open(): Promise<void> {
    const ids: number[] = [];
    for (let after: string | undefined; ; ) {
      const records = await this.#dependencies.state.under(prefix, after === undefined ? {} : { after });
      for (const { key } of records) ids.push(idOf(key));
      after = records.at(-1)?.key;
      if (after === undefined) break;
    }
    this.#ids = ids;
    this.#nextId = Math.max(this.#nextId, (ids.at(-1) ?? 0) + 1);
  }

  /** Keeps letters, all or none; resolves once they are stored. */
  async add(letters: readonly NewDeadLetter[]): Promise<void> {
    const { state, clock, log } = this.#dependencies;
    const { pipeline, max } = this.#options;
    const at = clock.wallNow();
    const added: number[] = [];
    const changes: StateChange[] = letters.map(({ item, handler, error, attempts, isGap = false }) => {
      const id = this.#nextId++;
      added.push(id);
      const { origin, value } = item;
      const letter: StoredLetter = {
        id,
        pipeline,
        handler,
        origin: plainOrigin(origin, origin.isRemoved),
        error,
        attempts,
        at,
        value: readable(value),
        isGap,
        packed: pack(value),
      };
      return { key: keyOf(id), value: JSON.stringify(letter) };
    });
    // Claimed before the write, so that two that wait for theirs do not remove the same ones.
    this.#ids.push(...added);
    const outdated = this.#ids.splice(0, Math.max(0, this.#ids.length - max));
    try {
      await state.batch([...changes, ...outdated.map(id => ({ key: keyOf(id), value: undefined }))]);
    } catch (error) {
      const failed = new Set(added);
      const kept = this.#ids.filter(id => !failed.has(id));
      this.#ids = [...outdated.filter(id => !failed.has(id)), ...kept].sort((a, b) => a - b);
      throw error;
    }
    if (outdated.length === 0) return;
    this.#lost.inc(outdated.length);
    if (clock.now() < this.#quietUntil) return;
    this.#quietUntil = clock.now() + quietMs;
    log.warn('the oldest dead letters were removed: there are more than may be kept', {
      pipeline,
      kept: max,
      removed: outdated.length,
    });
  }

  /** Some of them, oldest first; `after`: only those behind this id. */
  async list({ limit = 100, after = 0 }: { limit?: number; after?: number } = {}): Promise<DeadLetter[]> {
    const found: DeadLetter[] = [];
    for (const id of this.#ids) {
      if (found.length >= limit) break;
      if (id <= after) continue;
      const letter = await this.#read(id);
      if (letter !== undefined) found.push(shown(letter));
    }
    return found;
  }

  /** @throws PipelineError `dead_letter_unknown` */
  async get(id: number): Promise<DeadLetter> {
    return shown(await this.#demand(id));
  }

  /**
   * The value as the handler got it, as far as it could be kept so.
   * @throws PipelineError `dead_letter_unknown`
   */
  async item(id: number): Promise<Pick<NewDeadLetter, 'item' | 'handler' | 'isGap'>> {
    const { pipeline, handler, origin, value, packed, isGap = false } = await this.#demand(id);
    const item = { pipeline, origin, value: packed === undefined ? value : unpack(packed) };
    return { handler, item, isGap };
  }

  /** Removes letters; how many there were. */
  async delete(ids: readonly number[]): Promise<number> {
    const known = new Set(this.#ids);
    const removed = ids.filter(id => known.has(id));
    await this.#dependencies.state.batch(removed.map(id => ({ key: keyOf(id), value: undefined })));
    const gone = new Set(removed);
    this.#ids = this.#ids.filter(id => !gone.has(id));
    return gone.size;
  }

  /** The ids of all of them, oldest first. */
  get ids(): readonly number[] {
    return [...this.#ids];
  }

  async #demand(id: number): Promise<StoredLetter> {
    const letter = await this.#read(id);
    if (letter !== undefined) return letter;
    throw new PipelineError(
      'dead_letter_unknown',
      `pipeline ${this.#options.pipeline} has no dead letter ${id}`,
    );
  }

  async #read(id: number): Promise<StoredLetter | undefined> {
    const bytes = await this.#dependencies.state.get(keyOf(id));
    return bytes === undefined ? undefined : (JSON.parse(bytes.toString()) as StoredLetter);
  }
}

function shown({ packed: _, ...letter }: StoredLetter): DeadLetter {
  return letter;
}

function readable(value: unknown): unknown {
  try {
    return toJson(value);
  } catch (error) {
    return `no form in JSON: ${messageOf(error)}`;
  }
}

/** The value as bytes; undefined: it holds what cannot be kept, and a replay has to do with its JSON. */
function pack(value: unknown): string | undefined {
  try {
    return serialize(value).toString('base64');
  } catch {
    return undefined;
  }
}

const unpack = (packed: string): unknown => deserialize(Buffer.from(packed, 'base64'));
