import type { Claim, ClaimOptions } from '../../../../src/aggregation/demand/demand.ts';
import type { LogPattern } from '../../../../src/aggregation/demand/log-pattern.ts';
import { Feed, type FeedOptions } from '../../../../src/feed/delivery/feed.ts';
import type { FeedRequest } from '../../../../src/feed/delivery/feed-request.ts';
import type { FrameFormat } from '../../../../src/feed/delivery/frame-format.ts';
import { eventKinds } from '../../../../src/feed/events/feed-event.ts';
import { type LogClaims, LogTopicDemand } from '../../../../src/feed/topics/log-topic-demand.ts';
import { silentLog } from '../../../../src/telemetry/log.ts';
import { silentMetrics } from '../../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../../support/manual-clock.ts';
import { FakeEventSource } from './fake-event-source.ts';

/** Remembers claims; gathers since the first one, or since `since`. */
export class FakeDemand implements LogClaims {
  readonly claims: {
    readonly what: LogPattern | 'pending';
    readonly options: ClaimOptions;
    isHeld: boolean;
  }[] = [];
  since: number | undefined;

  claimLogs(pattern: LogPattern, options: ClaimOptions): Claim {
    return this.#claim(pattern, options);
  }

  claimPending(options: ClaimOptions): Claim {
    return this.#claim('pending', options);
  }

  logsSince(): number | undefined {
    return this.since ?? this.claims[0]?.options.since;
  }

  pendingSince(): number | undefined {
    return this.logsSince();
  }

  get held(): readonly (LogPattern | 'pending')[] {
    return this.claims.filter(({ isHeld }) => isHeld).map(({ what }) => what);
  }

  #claim(what: LogPattern | 'pending', options: ClaimOptions): Claim {
    const claim = { what, options, isHeld: true };
    this.claims.push(claim);
    return {
      release() {
        claim.isHeld = false;
      },
    };
  }
}

/** A frame is a line: the cursor and the topic. Counts the frames it makes. */
export class LineFormat implements FrameFormat {
  readonly key: string;
  readonly #saysGaps: boolean;
  built = 0;

  constructor(key = 'lines', saysGaps = true) {
    this.key = key;
    this.#saysGaps = saysGaps;
  }

  event(event: Parameters<FrameFormat['event']>[0], cursor: string): Buffer | undefined {
    if (!this.#saysGaps && event.kind === eventKinds.gap) return undefined;
    this.built++;
    return Buffer.from(`${cursor} ${event.topic}\n`);
  }

  gap(gap: Parameters<FrameFormat['gap']>[0], cursor: string): Buffer | undefined {
    if (!this.#saysGaps) return undefined;
    return Buffer.from(`gap ${gap.reason} ${gap.from ?? '-'} ${gap.to ?? '-'} at ${cursor}\n`);
  }
}

/** A feed over a fake log, of chains `a` and `b`. */
export function feedSetup(options: FeedOptions = {}, source = new FakeEventSource()) {
  const clock = new ManualClock();
  const demands = new Map([
    ['a', new FakeDemand()],
    ['b', new FakeDemand()],
  ]);
  const topicDemands = new Map<FakeDemand, LogTopicDemand>();
  const topicDemandOf = (chain: string) => {
    const demand = demands.get(chain);
    if (demand === undefined) return undefined;
    const known = topicDemands.get(demand) ?? new LogTopicDemand(chain, demand);
    topicDemands.set(demand, known);
    return known;
  };
  const feed = new Feed(options, {
    source,
    demand: topicDemandOf,
    chains: () => [...demands.keys()],
    clock,
    log: silentLog,
    metrics: silentMetrics,
  });
  const format = new LineFormat();
  const request = (patterns: readonly string[], more: Partial<FeedRequest> = {}): FeedRequest => ({
    selector: { key: patterns.join(','), patterns },
    format,
    from: { kind: 'latest' },
    strategy: 'catch_up',
    gaps: 'refuse',
    keepMs: 5_000,
    ...more,
  });
  return { source, clock, demands, feed, format, request };
}

/** Lets ticks end and pages be read. */
export async function settle(turns = 5): Promise<void> {
  for (let turn = 0; turn < turns; turn++) await new Promise(resolve => setImmediate(resolve));
}
