import type { Process } from './process.ts';
import type { SendTimer } from './self.ts';
import type { StatemEvent, TimeoutSetting } from './statem-events.ts';

/** A time-out that is over, on its way to the state machine. */
export class Expired {
  readonly key: string;
  readonly event: StatemEvent;

  constructor(key: string, event: StatemEvent) {
    this.key = key;
    this.event = event;
  }
}

/** The time-outs of one gen-statem, one for each key: `state`, `event`, `name:<name>`. */
export class StatemTimers {
  readonly #process: Process;
  readonly #enqueue: (expired: Expired) => void;
  readonly #timers = new Map<string, { readonly timer: SendTimer | undefined; readonly expired: Expired }>();

  /** @param enqueue takes what is due at once: behind the events already queued, before the mailbox */
  constructor(process: Process, enqueue: (expired: Expired) => void) {
    this.#process = process;
    this.#enqueue = enqueue;
  }

  /** Starts, replaces or cancels the time-out of `key`. */
  set(key: string, setting: TimeoutSetting): void {
    this.cancel(key);
    if (setting === 'cancel') return;
    const { ms, content } = typeof setting === 'number' ? { ms: setting, content: undefined } : setting;
    const expired = new Expired(key, eventOf(key, content));
    const timer =
      ms === 0
        ? undefined
        : this.#process.startTimer(ms, () => this.#process.deliver({ kind: 'own', message: expired }));
    this.#timers.set(key, { timer, expired });
    if (ms === 0) this.#enqueue(expired);
  }

  cancel(key: string): void {
    this.#timers.get(key)?.timer?.cancel();
    this.#timers.delete(key);
  }

  /** The event of a time-out that is over; `undefined` when it was cancelled or replaced meanwhile. */
  take(expired: Expired): StatemEvent | undefined {
    if (this.#timers.get(expired.key)?.expired !== expired) return undefined;
    this.#timers.delete(expired.key);
    return expired.event;
  }
}

function eventOf(key: string, content: unknown): StatemEvent {
  if (key === 'state') return { type: 'state_timeout', content };
  if (key === 'event') return { type: 'event_timeout', content };
  return { type: 'timeout', name: key.slice('name:'.length), content };
}
