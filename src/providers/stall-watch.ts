import type { Clock } from '../clock/clock.ts';
import { Deadline, type DeadlineWheel } from '../clock/deadline-wheel.ts';

/** What is watched: counts of a transport. */
export interface WatchedTransport {
  readonly inFlight: number;
  /** Responses that began to arrive, ever. */
  readonly signsOfLife: number;
}

/** When silence is suspicious. */
export interface StallWatchOptions {
  /** Requests in flight without any answer that make silence suspicious. */
  readonly minInFlight: number;
  /** Milliseconds of silence under load before `onSuspicion`. @default 400 */
  readonly silenceMs?: number;
  /** Milliseconds until the next suspicion when the first one proved wrong; doubles up to 30 s. @default 1000 */
  readonly pauseMs?: number;
}

const LOOK_EVERY_MS = 100;
const MAX_PAUSE_MS = 30_000;

/**
 * Notices a provider that has gone silent under load long before its requests time out: a hung process still accepts
 * connections, and at 500 requests a second a time-out of 18 s would catch 9,000 of them. It only suspects; a probe decides.
 */
export class StallWatch extends Deadline {
  readonly #options: Required<StallWatchOptions>;
  readonly #transport: WatchedTransport;
  readonly #clock: Clock;
  readonly #deadlines: DeadlineWheel;
  readonly #onSuspicion: () => void;
  #isWatching = false;
  #seen = 0;
  #silentSince = 0;
  #quietUntil = 0;
  #pauseMs: number;

  constructor(
    options: StallWatchOptions,
    transport: WatchedTransport,
    { clock, deadlines }: { clock: Clock; deadlines: DeadlineWheel },
    onSuspicion: () => void,
  ) {
    super();
    this.#options = { silenceMs: 400, pauseMs: 1000, ...options };
    this.#transport = transport;
    this.#clock = clock;
    this.#deadlines = deadlines;
    this.#onSuspicion = onSuspicion;
    this.#pauseMs = this.#options.pauseMs;
  }

  /** Called with each request: starts watching once enough are in flight. */
  onSent(now: number): void {
    if (this.#isWatching || this.#transport.inFlight < this.#options.minInFlight) return;
    this.#isWatching = true;
    this.#seen = this.#transport.signsOfLife;
    this.#silentSince = now;
    this.#deadlines.add(this, LOOK_EVERY_MS, now);
  }

  override onDeadline(): void {
    const now = this.#clock.now();
    if (this.#transport.inFlight < this.#options.minInFlight) {
      this.#isWatching = false;
      return;
    }
    this.#deadlines.add(this, LOOK_EVERY_MS, now);
    if (this.#transport.signsOfLife !== this.#seen) {
      this.#seen = this.#transport.signsOfLife;
      this.#silentSince = now;
      this.#pauseMs = this.#options.pauseMs;
    } else if (now - this.#silentSince >= this.#options.silenceMs) {
      this.suspect(now);
    }
  }

  /** Something else looks like a hang, too: raises the suspicion unless one was raised a moment ago. */
  suspect(now: number): void {
    if (now < this.#quietUntil) return;
    this.#quietUntil = now + this.#pauseMs;
    this.#pauseMs = Math.min(MAX_PAUSE_MS, this.#pauseMs * 2);
    this.#onSuspicion();
  }
}
