import type { Clock } from '../clock/clock.ts';
import type { SessionsConfig } from '../config/sections/sessions.ts';
import { type SessionEventName, sessionEventTypes } from '../pipelines/parsers/session-events.ts';
import type { Log } from '../telemetry/log.ts';
import type { CounterCell, HistogramCell, MetricRegistry } from '../telemetry/metrics.ts';
import { sessionMetrics } from './metrics.ts';
import type { SessionRecord } from './session-record.ts';

/** How soon the events of a name are dealt with. */
export interface KindTimes {
  readonly kind: SessionEventName;
  readonly deadlineMs: number;
  /** Since the start. */
  readonly count: number;
  /** Of the newest 100. */
  readonly late: number;
  /** More of them were late than may be. */
  readonly isAlert: boolean;
}

/** Events of a name that count for the alert. */
const newest = 100;
/** Arrivals that are kept by the monotonic clock; those beyond, and of earlier runs, are told by the wall clock. */
const maxArrivals = 10_000;

const groups: Readonly<Record<SessionEventName, Exclude<keyof SessionsConfig['deadlines'], 'alert_share'>>> =
  {
    PDAComputedEvent: 'computed',
    SessionQueuedEvent: 'queued',
    SessionReservedEvent: 'queued',
    QueueProcessedEvent: 'queued',
    SessionCreatedEvent: 'created',
    SessionActivatedEvent: 'created',
    SessionInitializedFromQueueEvent: 'created',
    ManualSessionInitializedEvent: 'created',
    EmergencySessionResetEvent: 'reset',
  };

interface Kind {
  readonly deadlineMs: number;
  readonly processing: HistogramCell;
  readonly lateEvents: CounterCell;
  /** A ring: whether each of the newest was late. */
  readonly isLate: boolean[];
  count: number;
  late: number;
  isAlert: boolean;
}

/** Measures from the arrival of each event until it is dealt with, and warns when too many are late. */
export class EventTimes {
  readonly #alertShare: number;
  readonly #clock: Clock;
  readonly #log: Log;
  readonly #kinds = new Map<SessionEventName, Kind>();
  readonly #arrivals = new Map<string, number>();

  constructor(
    deadlines: SessionsConfig['deadlines'],
    deps: { readonly clock: Clock; readonly log: Log; readonly metrics: MetricRegistry },
  ) {
    this.#alertShare = deadlines.alert_share;
    this.#clock = deps.clock;
    this.#log = deps.log;
    for (const { name } of sessionEventTypes) {
      this.#kinds.set(name, {
        deadlineMs: deadlines[groups[name]],
        processing: deps.metrics.histogram(sessionMetrics.processing, { kind: name }),
        lateEvents: deps.metrics.counter(sessionMetrics.late, { kind: name }),
        isLate: [],
        count: 0,
        late: 0,
        isAlert: false,
      });
    }
  }

  get kinds(): readonly KindTimes[] {
    return [...this.#kinds].map(([kind, { deadlineMs, count, late, isAlert }]) => ({
      kind,
      deadlineMs,
      count,
      late,
      isAlert,
    }));
  }

  /** @param now monotonic milliseconds */
  arrived({ key }: SessionRecord, now: number): void {
    if (this.#arrivals.size < maxArrivals) this.#arrivals.set(key, now);
  }

  finished({ kind: name, key, arrivedAt }: SessionRecord): void {
    const kind = this.#kinds.get(name);
    if (kind === undefined) return;
    const arrived = this.#arrivals.get(key);
    this.#arrivals.delete(key);
    const elapsedMs =
      arrived === undefined ? Math.max(0, this.#clock.wallNow() - arrivedAt) : this.#clock.now() - arrived;
    kind.processing.observe(elapsedMs / 1_000);
    const isLate = elapsedMs > kind.deadlineMs;
    if (isLate) kind.lateEvents.inc();
    const place = kind.count++ % newest;
    kind.late += Number(isLate) - Number(kind.isLate[place] ?? false);
    kind.isLate[place] = isLate;
    this.#judge(name, kind);
  }

  #judge(name: SessionEventName, kind: Kind): void {
    const isAlert = kind.late > this.#alertShare * newest;
    if (isAlert === kind.isAlert) return;
    kind.isAlert = isAlert;
    const fields = { kind: name, late: kind.late, of: newest, deadlineMs: kind.deadlineMs };
    if (isAlert) this.#log.warn('too many session events are dealt with late', fields);
    else this.#log.info('session events are dealt with in time again', fields);
  }
}
