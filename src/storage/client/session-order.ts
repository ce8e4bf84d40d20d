import type { Lane } from './lane.ts';
import type { StorageCall } from './storage-call.ts';
import type { StorageRequest, StorageSession } from './storage-request.ts';

/** How much may be parked at once, over all sessions. */
export interface ParkingLimits {
  readonly maxCommands: number;
  /** A larger call is parked alone. */
  readonly maxBytes: number;
}

/**
 * Keeps the calls of a session in order: all that run at once take the same lane, and one that must take another lane is
 * parked, with all behind it, until they are answered.
 */
export class SessionOrder {
  readonly #limits: ParkingLimits;
  readonly #mustWrite: (request: StorageRequest) => boolean;
  readonly #dispatch: (call: StorageCall) => void;
  readonly #parked = new WeakMap<StorageSession, StorageCall[]>();
  #parkedCommands = 0;
  #parkedBytes = 0;

  /**
   * @param mustWrite Whether only the writer can run a request.
   * @param dispatch Sends a call that was parked.
   */
  constructor(
    limits: ParkingLimits,
    mustWrite: (request: StorageRequest) => boolean,
    dispatch: (call: StorageCall) => void,
  ) {
    this.#limits = limits;
    this.#mustWrite = mustWrite;
    this.#dispatch = dispatch;
  }

  /** Whether a new call of the session may go now. */
  mayGo(session: StorageSession, request: StorageRequest): boolean {
    if (this.#parkedCommands > 0 && this.#parked.has(session)) return false;
    return this.#fitsLane(session, request);
  }

  /** Lets a call wait for the ones before it; returns false when too many wait. */
  park(session: StorageSession, call: StorageCall): boolean {
    const { count, commands } = call.request!;
    const { maxCommands, maxBytes } = this.#limits;
    if (this.#parkedCommands + count > maxCommands) return false;
    if (this.#parkedBytes > 0 && this.#parkedBytes + commands.length > maxBytes) return false;
    const waiting = this.#parked.get(session);
    if (waiting === undefined) this.#parked.set(session, [call]);
    else waiting.push(call);
    this.#parkedCommands += count;
    this.#parkedBytes += commands.length;
    return true;
  }

  /** A parked call is given up. */
  unpark(session: StorageSession, call: StorageCall): void {
    const waiting = this.#parked.get(session)!;
    waiting.splice(waiting.indexOf(call), 1);
    this.#parkedCommands -= call.request!.count;
    this.#parkedBytes -= call.request!.commands.length;
    if (waiting.length === 0) this.#parked.delete(session);
  }

  /** A call of the session takes `lane`; counts it once. */
  enter(session: StorageSession, call: StorageCall, lane: Lane): void {
    session.lane = lane;
    if (call.isCounted) return;
    call.isCounted = true;
    session.inFlight++;
  }

  /** The lane is gone; the next call that enters chooses. */
  forgetLane(session: StorageSession): void {
    session.lane = undefined;
  }

  /** A call of the session has its outcome. */
  leave(session: StorageSession): void {
    session.inFlight--;
  }

  /** Whether the session has this one call only. */
  isAlone(session: StorageSession): boolean {
    return session.inFlight === 1 && !this.#parked.has(session);
  }

  /** Lets parked calls go that nothing holds up any more. */
  resume(session: StorageSession): void {
    if (this.#parkedCommands === 0) return;
    for (;;) {
      const call = this.#parked.get(session)?.[0];
      if (call === undefined || !this.#fitsLane(session, call.request!)) return;
      this.unpark(session, call);
      this.#dispatch(call);
    }
  }

  #fitsLane(session: StorageSession, request: StorageRequest): boolean {
    if (session.inFlight === 0 || session.lane === undefined) return true;
    return (session.lane as Lane).role === 'writer' || !this.#mustWrite(request);
  }
}
