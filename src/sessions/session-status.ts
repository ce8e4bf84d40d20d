import type { KindTimes } from './event-times.ts';
import type { SessionRecord } from './session-record.ts';

/**
 * How the service is. `waiting_for_funds`, `waiting_for_chain`: creations wait, nothing is lost; they go on by themselves.
 */
export type SessionServiceState =
  | 'stopped'
  | 'running'
  | 'paused'
  | 'waiting_for_funds'
  | 'waiting_for_chain';

/** The pipeline that feeds the session builder, as whoever runs it sees it. */
export interface SessionStream {
  /** As `PipelineStatus.state`. */
  readonly state: string;
  /** The newest slot that the stream has seen; 0: none. */
  readonly slot: number;
  /** Since the start: what did not read as an event, and logs that were cut, behind which events may be. */
  readonly parseErrors: number;
}

/** A check of the service, from memory. */
export interface SessionHealth {
  /** `down`: it creates nothing at the moment; `degraded`: it does, and somebody should look. */
  readonly status: 'ok' | 'degraded' | 'down';
  readonly state: SessionServiceState;
  /** The newest slot that the stream or an answer of the chain named; 0: none. */
  readonly slot: number;
  /** Undefined: not known yet. */
  readonly balance_lamports: number | undefined;
  readonly stream: SessionStream | undefined;
  readonly queue_size: number;
  /** Why it is not `ok`. */
  readonly reasons: readonly string[];
}

/** Figures of the service. Those of accounts and events are of all times, as far as the storage goes back. */
export interface SessionStats {
  readonly is_running: boolean;
  readonly state: SessionServiceState;
  /** Since the service was started last. */
  readonly uptime_seconds: number;
  readonly accounts_created: number;
  /** Accounts that were there already. */
  readonly accounts_existing: number;
  /** All that were not created: the rejected ones, and those that failed in the end. */
  readonly accounts_failed: number;
  /** Of those not created: what must not be, and was not tried. */
  readonly accounts_rejected: number;
  readonly events_processed: number;
  readonly queue_size: number;
  readonly creations_active: number;
  readonly wallet_address: string | undefined;
  readonly wallet_balance_lamports: number | undefined;
  readonly slot: number;
  readonly deadlines: readonly KindTimes[];
}

/** An event, for a list. */
export type SessionEntry = Pick<
  SessionRecord,
  | 'key'
  | 'kind'
  | 'slot'
  | 'sessionId'
  | 'address'
  | 'state'
  | 'reason'
  | 'attempts'
  | 'arrivedAt'
  | 'finishedAt'
> & {
  /** Of the newest transaction; base58. */
  readonly signature: string | undefined;
};

/** All that `trunkline sessions` shows. */
export interface SessionStatus extends SessionStats {
  /** Those in hand, then the next ones. */
  readonly waiting: readonly SessionEntry[];
  /** Of the highest slots first. */
  readonly done: readonly SessionEntry[];
}

/** A record without what only the service needs. */
export function entryOf(record: SessionRecord): SessionEntry {
  const { sent, order: _order, sessionId, ...rest } = record;
  return { ...rest, sessionId: sessionId.slice(0, 128), signature: sent?.signature };
}
