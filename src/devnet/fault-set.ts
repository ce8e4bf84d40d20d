import type { Socket } from 'node:net';
import type { FaultKind, FaultOptions } from './fault-kinds.ts';

/** What a fault is matched against. */
export type FaultTransport = 'http' | 'ws' | 'grpc';

/** A fault that a provider has at the moment. */
export interface ActiveFault<Kind extends FaultKind = FaultKind> {
  readonly kind: Kind;
  readonly options: FaultOptions<Kind>;
}

interface Entry {
  readonly options: Readonly<Record<string, string | number | boolean>>;
  readonly matches: (method: string) => boolean;
  left: number;
}

/** The faults that one provider has at the moment, at most one of a kind. */
export class FaultSet {
  readonly #entries = new Map<FaultKind, Entry>();
  readonly #onChange: () => void;
  readonly #usedUp = new Map<FaultKind, Entry['options']>();
  readonly #healed = new WeakSet<object>();
  readonly #waiting = new Set<() => void>();

  /** `onChange` is called after each change. */
  constructor(onChange: () => void = () => {}) {
    this.#onChange = onChange;
  }

  get isEmpty(): boolean {
    return this.#entries.size === 0;
  }

  set<Kind extends FaultKind>(kind: Kind, options: FaultOptions<Kind>): void {
    const record = options as Entry['options'];
    const times = Number(record.times ?? 0);
    this.#endOngoing(kind);
    this.#entries.set(kind, {
      options: record,
      matches: methodMatcher(String(record.method ?? '')),
      left: times === 0 ? Number.POSITIVE_INFINITY : times,
    });
    this.#wake();
  }

  /** Ends a fault, and what its last application still does. */
  clear(kind: FaultKind): void {
    this.#endOngoing(kind);
    this.#entries.delete(kind);
    this.#wake();
  }

  /** The options of a fault that is set, whatever it is limited to. */
  get<Kind extends FaultKind>(kind: Kind): FaultOptions<Kind> | undefined {
    return this.#entries.get(kind)?.options as FaultOptions<Kind> | undefined;
  }

  list(): ActiveFault[] {
    return [...this.#entries].map(([kind, entry]) => ({
      kind,
      options: entry.options as ActiveFault['options'],
    }));
  }

  /**
   * Applies a fault once: its options when it is set and meets this transport and one of these methods (none: a
   * WebSocket handshake or a body that is not JSON-RPC, which only a fault without `method` meets).
   */
  take<Kind extends FaultKind>(
    kind: Kind,
    transport: FaultTransport,
    methods: readonly string[],
  ): FaultOptions<Kind> | undefined {
    const entry = this.#entries.get(kind);
    if (entry === undefined) return undefined;
    const limited = entry.options.transport ?? 'any';
    if (limited !== 'any' && limited !== transport) return undefined;
    if (entry.options.method && !methods.some(entry.matches)) return undefined;
    if (--entry.left <= 0) {
      this.#usedUp.set(kind, entry.options);
      this.#entries.delete(kind);
      this.#wake();
    }
    return entry.options as FaultOptions<Kind>;
  }

  /** Whether the fault that was applied with these options has been healed or replaced since. */
  isHealed(options: FaultOptions<FaultKind>): boolean {
    return this.#healed.has(options);
  }

  /** Whether `hang` stops everything on a transport, not only some calls. */
  isFrozen(transport: FaultTransport): boolean {
    const hang = this.get('hang');
    if (hang === undefined || hang.method !== '' || hang.times !== 0) return false;
    return hang.transport === 'any' || hang.transport === transport;
  }

  /** Resolves when the set changes next, or when `socket` closes. */
  changed(socket: Socket): Promise<void> {
    return new Promise(resolve => {
      const done = () => {
        this.#waiting.delete(done);
        socket.off('close', done);
        resolve();
      };
      this.#waiting.add(done);
      if (socket.destroyed) done();
      else socket.once('close', done);
    });
  }

  #endOngoing(kind: FaultKind): void {
    const options = [this.#entries.get(kind)?.options, this.#usedUp.get(kind)];
    for (const ended of options) if (ended !== undefined) this.#healed.add(ended);
    this.#usedUp.delete(kind);
  }

  #wake(): void {
    for (const done of [...this.#waiting]) done();
    this.#onChange();
  }
}

function methodMatcher(list: string): (method: string) => boolean {
  const patterns = list.split(',').map(pattern => pattern.trim());
  return method => patterns.some(p => (p.endsWith('*') ? method.startsWith(p.slice(0, -1)) : p === method));
}
