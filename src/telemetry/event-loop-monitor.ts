import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import type { Clock, TimerHandle } from '../clock/clock.ts';
import { systemClock } from '../clock/system-clock.ts';

/** How late the event loop ran, over the last whole window. */
export interface EventLoopDelay {
  readonly p50Ms: number;
  readonly p99Ms: number;
  readonly maxMs: number;
  /** Share of the window in which the loop was busy, 0 to 1. */
  readonly utilization: number;
}

/** Where the monitor gets its numbers; Node's own by default, planted ones in tests. */
export interface EventLoopSource {
  /** Milliseconds of delay at a percentile of the samples since the last reset; 100 is the highest. */
  percentile(percent: number): number;
  /** Busy share since the last reset. */
  utilization(): number;
  reset(): void;
  stop(): void;
}

/** What an `EventLoopMonitor` can be told. */
export interface EventLoopMonitorOptions {
  /** Length of a window in milliseconds. @default 10000 */
  readonly windowMs?: number;
}

/** What an `EventLoopMonitor` uses. */
export interface EventLoopMonitorDeps {
  readonly clock?: Clock;
  readonly source?: EventLoopSource;
}

/**
 * Watches the event loop window by window, so that any number of readers (scrapes, health checks) see the same
 * figures and none resets another's.
 */
export class EventLoopMonitor {
  readonly #clock: Clock;
  readonly #source: EventLoopSource;
  readonly #timer: TimerHandle;
  #last: EventLoopDelay = { p50Ms: 0, p99Ms: 0, maxMs: 0, utilization: 0 };

  constructor(options: EventLoopMonitorOptions = {}, deps: EventLoopMonitorDeps = {}) {
    this.#clock = deps.clock ?? systemClock;
    this.#source = deps.source ?? nodeEventLoop();
    this.#timer = this.#clock.setInterval(() => this.#closeWindow(), options.windowMs ?? 10_000);
  }

  /** The last whole window, or the running one where that is worse already. */
  read(): EventLoopDelay {
    const running = this.#measure();
    return running.p99Ms > this.#last.p99Ms ? running : this.#last;
  }

  stop(): void {
    this.#clock.clearInterval(this.#timer);
    this.#source.stop();
  }

  #closeWindow(): void {
    this.#last = this.#measure();
    this.#source.reset();
  }

  #measure(): EventLoopDelay {
    return {
      p50Ms: this.#source.percentile(50),
      p99Ms: this.#source.percentile(99),
      maxMs: this.#source.percentile(100),
      utilization: this.#source.utilization(),
    };
  }
}

/** A sample is the time between two ticks of a timer, so an idle loop measures the resolution itself. */
const resolutionMs = 10;

function nodeEventLoop(): EventLoopSource {
  const histogram = monitorEventLoopDelay({ resolution: resolutionMs });
  histogram.enable();
  let since = performance.eventLoopUtilization();
  return {
    percentile: percent => {
      // An empty histogram answers with its extremes.
      if (histogram.count === 0) return 0;
      return Math.max(0, histogram.percentile(percent) / 1e6 - resolutionMs);
    },
    utilization: () => performance.eventLoopUtilization(since).utilization,
    reset: () => {
      histogram.reset();
      since = performance.eventLoopUtilization();
    },
    stop: () => {
      histogram.disable();
    },
  };
}
