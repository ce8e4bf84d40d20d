import type { Clock, TimerHandle } from '../../clock/clock.ts';
import type { CounterCell, MetricRegistry } from '../../telemetry/metrics.ts';
import { StorageError } from '../errors.ts';
import { storageMetrics } from '../metrics.ts';
import type { ChannelCall, ChannelStatistics, CommandChannel } from './command-channel.ts';
import type { FrameEntry } from './frames.ts';

/** Faults to make; for test environments. */
export interface FaultInjectionOptions {
  /** The thread's name in metrics. */
  readonly thread: string;
  /** Milliseconds that every entry waits before it is sent. @default 0 */
  readonly delayMs: number;
  /** Share of the entries that are never answered: half of them are not sent, half of them lose their reply. @default 0 */
  readonly dropRate: number;
  /** Share of the entries that fail with `injected_fault` and are not sent. @default 0 */
  readonly errorRate: number;
}

export interface FaultInjectionDependencies {
  readonly clock: Clock;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). @default Math.random */
  readonly random?: () => number;
}

/** An entry on its way through; `waiting`: for its delay, `lost`: the reply or the entry itself is dropped. */
interface Passage extends ChannelCall {
  readonly entry: FrameEntry;
  readonly call: ChannelCall;
  fate: 'waiting' | 'sent' | 'lost';
  innerId: number;
  timer: TimerHandle | undefined;
}

/** A channel that delays, loses and fails some of what goes through it, and counts what it did. */
export class FaultInjection implements CommandChannel {
  /** Faults made so far. */
  readonly injected = { delay: 0, drop: 0, error: 0 };
  readonly #inner: CommandChannel;
  readonly #options: FaultInjectionOptions;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #cells: Readonly<Record<'delay' | 'drop' | 'error', CounterCell>>;
  readonly #passages: (Passage | undefined)[] = [];
  readonly #free: number[] = [];
  /** Commands and bytes that the channel behind does not know of. */
  #heldCommands = 0;
  #heldBytes = 0;

  constructor(
    inner: CommandChannel,
    options: FaultInjectionOptions,
    dependencies: FaultInjectionDependencies,
  ) {
    this.#inner = inner;
    this.#options = options;
    this.#clock = dependencies.clock;
    this.#random = dependencies.random ?? Math.random;
    const cell = (kind: string) =>
      dependencies.metrics.counter(storageMetrics.injectedFaults, { thread: options.thread, kind });
    this.#cells = { delay: cell('delay'), drop: cell('drop'), error: cell('error') };
  }

  get pending(): number {
    return this.#inner.pending + this.#heldCommands;
  }

  get statistics(): ChannelStatistics {
    return this.#inner.statistics;
  }

  get onRoom(): (() => void) | undefined {
    return this.#inner.onRoom;
  }

  set onRoom(listener: (() => void) | undefined) {
    this.#inner.onRoom = listener;
  }

  hasRoom(commands: number, bytes: number): boolean {
    return this.#inner.hasRoom(commands + this.#heldCommands, bytes + this.#heldBytes);
  }

  holdBack(): void {
    this.#inner.holdBack();
  }

  send(entry: FrameEntry, call: ChannelCall): number {
    const id = this.#free.pop() ?? this.#passages.length;
    const passage: Passage = {
      entry,
      call,
      fate: 'waiting',
      innerId: -1,
      timer: undefined,
      onReply: reply => {
        if (passage.fate === 'lost') {
          // The channel behind uses the id for another entry from now on.
          passage.innerId = -1;
          this.#hold(entry, 1);
          return;
        }
        this.#forget(id);
        call.onReply(reply);
      },
      onLost: (error, wasSent) => {
        this.#forget(id);
        call.onLost(error, wasSent);
      },
    };
    this.#passages[id] = passage;
    const { delayMs, dropRate, errorRate } = this.#options;
    const draw = this.#random();
    const isError = draw < errorRate;
    const isDrop = !isError && draw < errorRate + dropRate;
    if (isError) this.#count('error');
    else if (isDrop) this.#count('drop');
    if (delayMs > 0) this.#count('delay');
    if (delayMs > 0 || isError) {
      this.#hold(entry, 1);
      // Always later: the caller does not know the id yet.
      passage.timer = this.#clock.setTimeout(() => {
        this.#hold(entry, -1);
        passage.timer = undefined;
        // It counts as sent: what must not be repeated is not repeated.
        if (isError) passage.onLost(new StorageError('injected_fault'), true);
        else this.#pass(passage, isDrop);
      }, delayMs);
    } else this.#pass(passage, isDrop);
    return id;
  }

  abandon(id: number): void {
    const passage = this.#passages[id];
    if (passage === undefined) return;
    this.#forget(id);
    if (passage.timer !== undefined) this.#clock.clearTimeout(passage.timer);
    if (passage.innerId !== -1) {
      this.#inner.abandon(passage.innerId);
      return;
    }
    this.#inner.statistics.timeouts++;
    this.#hold(passage.entry, -1);
    this.onRoom?.();
  }

  fail(error: StorageError): void {
    const held = this.#passages.filter(passage => passage !== undefined && passage.innerId === -1);
    this.#inner.fail(error);
    for (const passage of held as Passage[]) {
      if (passage.timer !== undefined) this.#clock.clearTimeout(passage.timer);
      passage.onLost(error, passage.fate === 'lost');
    }
  }

  #pass(passage: Passage, isDrop: boolean): void {
    passage.fate = isDrop ? 'lost' : 'sent';
    if (isDrop && this.#random() < 0.5) this.#hold(passage.entry, 1);
    else passage.innerId = this.#inner.send(passage.entry, passage);
  }

  #hold(entry: FrameEntry, sign: 1 | -1): void {
    this.#heldCommands += sign * entry.count;
    this.#heldBytes += sign * entry.commands.length;
  }

  #forget(id: number): void {
    this.#passages[id] = undefined;
    this.#free.push(id);
  }

  #count(kind: 'delay' | 'drop' | 'error'): void {
    this.injected[kind]++;
    this.#cells[kind].inc();
  }
}
