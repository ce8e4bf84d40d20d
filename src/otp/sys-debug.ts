import type { Envelope } from './messages.ts';

/** Something that passed through a process while `sys` watched it. */
export type SysEvent =
  | { readonly type: 'in'; readonly kind: Envelope['kind']; readonly message: unknown }
  | { readonly type: 'out'; readonly message: unknown };

/** Messages in and replies out since statistics were switched on. */
export interface SysStatistics {
  /** Clock time at which they were switched on, in milliseconds. */
  readonly since: number;
  readonly messagesIn: number;
  readonly messagesOut: number;
}

/** A debug function: gets its state and an event, returns its next state, or `'done'` to be removed. */
export type DebugFunction<T> = (state: T, event: SysEvent) => T | 'done';

/** What `sys` has attached to one process. */
export class ProcessDebug {
  #statistics: { since: number; messagesIn: number; messagesOut: number } | undefined;
  #log: { readonly size: number; readonly events: SysEvent[] } | undefined;
  #trace: ((event: SysEvent) => void) | undefined;
  readonly #functions = new Map<string, { readonly run: DebugFunction<unknown>; state: unknown }>();

  /** Whether nothing is attached any more. */
  get isEmpty(): boolean {
    return (
      this.#statistics === undefined &&
      this.#log === undefined &&
      this.#trace === undefined &&
      this.#functions.size === 0
    );
  }

  get statistics(): SysStatistics | undefined {
    return this.#statistics === undefined ? undefined : { ...this.#statistics };
  }

  /** The events kept, oldest first. */
  get events(): readonly SysEvent[] {
    return [...(this.#log?.events ?? [])];
  }

  count(since: number | undefined): void {
    this.#statistics = since === undefined ? undefined : { since, messagesIn: 0, messagesOut: 0 };
  }

  keep(size: number | undefined): void {
    this.#log = size === undefined ? undefined : { size, events: this.#log?.events.slice(-size) ?? [] };
  }

  trace(sink: ((event: SysEvent) => void) | undefined): void {
    this.#trace = sink;
  }

  install(id: string, run: DebugFunction<unknown>, state: unknown): void {
    if (!this.#functions.has(id)) this.#functions.set(id, { run, state });
  }

  remove(id: string): void {
    this.#functions.delete(id);
  }

  received(envelope: Envelope): void {
    if (this.#statistics !== undefined) this.#statistics.messagesIn++;
    const message = envelope.kind === 'call' ? envelope.request : envelope.message;
    this.#tell({ type: 'in', kind: envelope.kind, message });
  }

  sent(message: unknown): void {
    if (this.#statistics !== undefined) this.#statistics.messagesOut++;
    this.#tell({ type: 'out', message });
  }

  #tell(event: SysEvent): void {
    if (this.#log !== undefined) {
      this.#log.events.push(event);
      if (this.#log.events.length > this.#log.size) this.#log.events.shift();
    }
    this.#trace?.(event);
    for (const [id, installed] of this.#functions) {
      // A faulty debug function must not take the process down: it is removed, as in Erlang.
      try {
        installed.state = installed.run(installed.state, event);
      } catch {
        installed.state = 'done';
      }
      if (installed.state === 'done') this.#functions.delete(id);
    }
  }
}
