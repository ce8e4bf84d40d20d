import type { SolanaUpdate } from '../../../../src/chains/solana/updates.ts';
import { type PipelineParts, pipeline } from '../../../../src/pipelines/define-pipeline.ts';
import type { Handler, Parser, PipelineItem } from '../../../../src/pipelines/pipeline.ts';
import { PipelineRuntime } from '../../../../src/pipelines/runtime/pipeline-runtime.ts';
import type { RunningPipeline } from '../../../../src/pipelines/runtime/running-pipeline.ts';
import { memoryState, type StateStore } from '../../../../src/pipelines/state/state-store.ts';
import type { SourceSubscription, UpdateSource } from '../../../../src/sources/source.ts';
import { type Log, silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';

/** An account update whose data is one byte: what the parser of the bench makes a value of. */
export function account(slot: number, value: number, pubkey = 1): SolanaUpdate {
  return {
    kind: 'account',
    slot,
    pubkey: new Uint8Array(32).fill(pubkey),
    owner: new Uint8Array(32).fill(9),
    lamports: 5n,
    data: Uint8Array.of(value),
    isExecutable: false,
    writeVersion: BigInt(slot * 1_000 + value),
    signature: undefined,
  };
}

/** Values are the first byte of accounts; 255 throws, 254 is an error, 253 is somebody else's. */
export const byteParser: Parser<number> = {
  id: 'byte',
  parse(input) {
    if (input.kind === 'slot') return { kind: 'parsed', values: [input.slot] };
    if (input.kind !== 'account') return { kind: 'filtered' };
    const value = input.data[0]!;
    if (value === 255) throw new Error('a byte that cannot be');
    if (value === 254) return { kind: 'error', message: 'a byte that does not read' };
    return value === 253 ? { kind: 'filtered' } : { kind: 'parsed', values: [value] };
  },
};

/** A handler whose calls end when the test says so, or at once. */
export class ScriptedHandler implements Handler<number> {
  readonly id: string;
  /** Values, negative where they were taken back. */
  readonly done: number[] = [];
  readonly keys: string[] = [];
  readonly calls: PipelineItem<number>[] = [];
  readonly waiting: { item: PipelineItem<number>; end(error?: Error): void; signal: AbortSignal }[] = [];
  /** Calls wait for `end`. */
  isHeld = false;
  /** What a call throws. */
  failure: ((item: PipelineItem<number>) => Error | undefined) | undefined;

  constructor(id = 'scripted') {
    this.id = id;
  }

  handle(item: PipelineItem<number>, signal: AbortSignal): Promise<void> | void {
    this.calls.push(item);
    if (this.isHeld) {
      return new Promise<void>((resolve, reject) => {
        const end = (error?: Error) => {
          if (error !== undefined) reject(error);
          else {
            this.#note(item);
            resolve();
          }
        };
        this.waiting.push({ item, end, signal });
      });
    }
    const error = this.failure?.(item);
    if (error !== undefined) throw error;
    this.#note(item);
  }

  /** Ends what waits, the oldest first. */
  release(count = this.waiting.length): void {
    for (const { end } of this.waiting.splice(0, count)) end();
  }

  #note(item: PipelineItem<number>): void {
    this.done.push(item.origin.isRemoved ? -item.value : item.value);
    this.keys.push(item.origin.key);
  }
}

/** A runtime with one pipeline and a source that does what the test says. */
export class PipelineBench {
  readonly clock = new ManualClock();
  readonly logged: { level: string; message: string; fields: unknown }[] = [];
  readonly handler = new ScriptedHandler();
  readonly subscribed: (readonly SourceSubscription[])[] = [];
  readonly state: StateStore;
  readonly runtime: PipelineRuntime;
  readonly pipeline: RunningPipeline;

  constructor(parts: Partial<PipelineParts<number>> = {}, state = memoryState({ maxBytes: 2 ** 24 })) {
    this.state = state;
    const definition = pipeline<number>({
      id: 'p',
      chain: 'solana',
      filter: { kind: 'account' },
      parser: byteParser,
      handlers: [this.handler],
      ...parts,
    });
    const { chain, source, commitment } = definition;
    this.runtime = new PipelineRuntime(
      { chain, source, commitment },
      { state, clock: this.clock, log: this.#log(), metrics: silentMetrics, random: () => 0.5 },
    );
    this.pipeline = this.runtime.add(definition);
    const updates: UpdateSource = {
      chain,
      name: source,
      commitment,
      subscribe: subscriptions => void this.subscribed.push(subscriptions),
      state: () => ({ status: 'streaming', endpoints: [], slot: 0, settled: 0, gaps: 0 }),
    };
    this.runtime.connect(updates);
  }

  async open(): Promise<this> {
    await this.pipeline.open();
    return this;
  }

  tell(slot: number, ...values: number[]): void {
    for (const value of values) this.runtime.onUpdate(account(slot, value), ['p']);
  }

  /** Lets promises and due timers happen. */
  async settle(ms = 0): Promise<void> {
    await this.clock.advanceAndSettle(0);
    await this.clock.advanceAndSettle(ms);
  }

  /** The checkpoint in the store. */
  async stored(): Promise<number | undefined> {
    const bytes = await this.state.get('p/checkpoint');
    return bytes === undefined ? undefined : Number(bytes.toString());
  }

  #log(): Log {
    const write = (level: string) => (message: string, fields?: object) =>
      void this.logged.push({ level, message, fields });
    const log: Log = {
      ...silentLog,
      warn: write('warn'),
      error: write('error'),
      info: write('info'),
      child: () => log,
    };
    return log;
  }
}
