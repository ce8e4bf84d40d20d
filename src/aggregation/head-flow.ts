import type { EventRules } from '../chains/chain-family.ts';
import type { Clock } from '../clock/clock.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { type FetchBlock, HeadFill } from './head-fill.ts';
import { type HeadEvent, type HeadGap, HeadSequence } from './head-sequence.ts';
import type { HeadTracker } from './head-tracker.ts';
import { aggregationMetrics } from './metrics.ts';
import type { FlowContext, StreamFlow } from './stream-flow.ts';

/** How gaps in `newHeads` are filled. */
export interface HeadFlowOptions {
  readonly chain: string;
  /** Blocks fetched at most to fill one gap. */
  readonly maxFill: number;
  /** Milliseconds that one fill may take; heads wait meanwhile. */
  readonly fillTimeoutMs: number;
}

/** What the flow of heads needs. */
export interface HeadFlowDeps {
  readonly events: EventRules;
  readonly heads: HeadTracker;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Absent: gaps are counted, not filled. */
  readonly fetchBlock?: FetchBlock | undefined;
}

interface Arrival {
  readonly providerId: string;
  readonly event: HeadEvent;
  readonly isBelieved: boolean;
}

const maxWaiting = 512;

/**
 * Heads of all providers as one chain that grows: each hash once, nothing older because a provider lags, gaps
 * filled from `fetchBlock`. What it remembers survives a restart of the message aggregator.
 */
export class HeadFlow implements StreamFlow {
  readonly #options: HeadFlowOptions;
  readonly #context: FlowContext;
  readonly #deps: HeadFlowDeps;
  readonly #sequence = new HeadSequence();
  /** A client may have been answered this block already: the stream must not begin below it. */
  readonly #floorAtStart: number;
  #waiting: Arrival[] = [];
  #fill: HeadFill | undefined;
  #isClosed = false;

  constructor(options: HeadFlowOptions, context: FlowContext, deps: HeadFlowDeps) {
    this.#options = options;
    this.#context = context;
    this.#deps = deps;
    this.#floorAtStart = deps.heads.floor;
  }

  onEvent(providerId: string, result: Buffer): void {
    const head = this.#deps.events.head(result);
    if (head === undefined) {
      this.#context.malformed(providerId);
      return;
    }
    const isBelieved = this.#deps.heads.observe(providerId, head);
    this.#context.ingest(head.hash, providerId);
    if (this.#fill === undefined) {
      this.#take({ providerId, event: { head, result }, isBelieved });
      return;
    }
    this.#waiting.push({ providerId, event: { head, result: Buffer.from(result) }, isBelieved });
    if (this.#waiting.length > maxWaiting) this.#fill.stop();
  }

  onLegLive(): void {}

  onLegEnded(providerId: string): void {
    this.#sequence.left(providerId);
  }

  close(): void {
    this.#isClosed = true;
    this.#waiting = [];
    this.#fill?.stop();
  }

  #take({ providerId, event, isBelieved }: Arrival): void {
    const { heads } = this.#deps;
    const tipNumber = this.#sequence.tip?.number;
    if (
      !isBelieved ||
      (tipNumber === undefined && event.head.number < Math.min(this.#floorAtStart, heads.floor))
    ) {
      if (!this.#sequence.has(event.head.hash)) this.#hold(event);
      return;
    }
    // The tracker gave up what was forwarded last: the chain was reset, or that head was never real.
    if (tipNumber !== undefined && heads.floor < tipNumber) this.#sequence.reset();
    const verdict = this.#sequence.offer(providerId, event);
    if (verdict.kind === 'held') this.#count('headsHeld', 1);
    if (verdict.kind !== 'forward') return;
    if (verdict.gap === undefined || this.#deps.fetchBlock === undefined) this.#forward(verdict.events);
    else this.#startFill(verdict.gap, verdict.events, this.#deps.fetchBlock);
  }

  #hold(event: HeadEvent): void {
    this.#sequence.hold(event);
    this.#count('headsHeld', 1);
  }

  #startFill(gap: HeadGap, events: readonly HeadEvent[], fetchBlock: FetchBlock): void {
    const kept = events.map(({ head, result }) => ({ head, result: Buffer.from(result) }));
    const { maxFill, fillTimeoutMs } = this.#options;
    const fill = new HeadFill(
      {
        gap,
        tipNumber: this.#sequence.tip?.number ?? gap.to,
        isKnown: hash => this.#sequence.has(hash),
        maxBlocks: maxFill,
        timeoutMs: fillTimeoutMs,
      },
      { fetchBlock, readHead: result => this.#deps.events.head(result), clock: this.#deps.clock },
    );
    this.#fill = fill;
    fill.run().then(found =>
      this.#context.run(() => {
        if (this.#isClosed) return;
        this.#fill = undefined;
        this.#count('headsFilled', found.length);
        this.#forward([...found, ...kept]);
        this.#drain();
      }),
    );
  }

  /** Takes what arrived during the fill, until something starts the next one. */
  #drain(): void {
    const arrivals = this.#waiting;
    this.#waiting = [];
    let next = 0;
    while (next < arrivals.length && this.#fill === undefined) this.#take(arrivals[next++]!);
    this.#waiting.unshift(...arrivals.slice(next));
  }

  #forward(events: readonly HeadEvent[]): void {
    const tip = this.#sequence.tip;
    const missing = tip === undefined ? 0 : events[0]!.head.number - tip.number - 1;
    if (missing > 0) {
      this.#count('headGaps', missing);
      this.#deps.log.warn('newHeads skips blocks', {
        chain: this.#options.chain,
        after: tip?.number,
        missing,
      });
    }
    for (const { head, result } of events) {
      this.#sequence.forwarded(head);
      this.#context.emit(result);
    }
  }

  #count(metric: 'headGaps' | 'headsFilled' | 'headsHeld', by: number): void {
    if (by > 0)
      this.#deps.metrics.counter(aggregationMetrics[metric], { chain: this.#options.chain }).inc(by);
  }
}
