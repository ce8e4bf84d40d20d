import type { Permit } from '../../circuit-breaker/circuit-breaker.ts';
import { Deadline } from '../../clock/deadline-wheel.ts';
import type { ChannelCall } from '../channel/command-channel.ts';
import type { StorageError } from '../errors.ts';
import type { Lane } from './lane.ts';
import type { StorageRequest } from './storage-request.ts';

/**
 * Where a call is: `parked` behind calls of its session on another lane, `queued` for room in a lane or for the runtime,
 * `sent`, in `backoff` before it is sent once more, `idle`: in the pool.
 */
export type CallPhase = 'idle' | 'parked' | 'queued' | 'sent' | 'backoff';

/** Who decides what becomes of a call. */
export interface CallOwner {
  onCallReply(call: StorageCall, reply: Buffer): void;
  onCallLost(call: StorageCall, error: StorageError, wasSent: boolean): void;
  onCallDeadline(call: StorageCall): void;
}

/** The client's side of one request from submission to outcome; taken from a pool, so that a request allocates nothing. */
export class StorageCall extends Deadline implements ChannelCall {
  readonly #owner: CallOwner;
  request: StorageRequest | undefined;
  phase: CallPhase = 'idle';
  lane: Lane | undefined;
  /** Its entry in the lane's channel while `sent`. */
  id = 0;
  permit: Permit = 0;
  /** Times that it was sent. */
  attempts = 0;
  /** Position among all submissions. */
  order = 0;
  /** Reading of the clock at which the whole call is over. */
  endsAt = 0;
  /** Whether the session counts it already. */
  isCounted = false;
  /** Neighbours in a priority's queue; owned by `PriorityQueue`. */
  ahead: StorageCall | undefined;
  behind: StorageCall | undefined;

  constructor(owner: CallOwner) {
    super();
    this.#owner = owner;
  }

  override onDeadline(): void {
    this.#owner.onCallDeadline(this);
  }

  onReply(reply: Buffer): void {
    this.#owner.onCallReply(this, reply);
  }

  onLost(error: StorageError, wasSent: boolean): void {
    this.#owner.onCallLost(this, error, wasSent);
  }
}
