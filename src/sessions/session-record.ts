import type { SessionEvent, SessionEventName } from '../pipelines/parsers/session-events.ts';
import type { PipelineItem } from '../pipelines/pipeline.ts';

/**
 * How far an event is. `creating`: its transaction may be on the way; `verifying`: the transaction is carried out, or there
 * was none to send, and the account is looked at.
 */
export type SessionState = 'queued' | 'creating' | 'verifying' | 'done' | 'rejected' | 'failed';

/** Which of an event's work is to be done: an account to be created, one to be looked for, or none. */
export type SessionWork = 'create' | 'check' | 'note';

/** A transaction that may be carried out, now or until the chain is higher than `lastValidBlockHeight`. */
export interface SentTransaction {
  /** Base58. */
  readonly signature: string;
  readonly lastValidBlockHeight: number;
  /** The signed bytes in base64: the very same may be sent again. */
  readonly bytes: string;
  /** Where it was carried out; undefined: not known to have been. */
  readonly landedSlot?: number;
}

/** The account that an event asks for; keys are base58. */
export interface CreationOrder {
  readonly size: bigint;
  /** The program that is to own it. */
  readonly accountOwner: string;
  /** The event's `owner`. */
  readonly sessionOwner: string;
  readonly evalProgram: string;
  readonly shard: string;
}

/** One event, as it is stored. */
export interface SessionRecord {
  /** The event's `origin.key`. */
  readonly key: string;
  readonly kind: SessionEventName;
  /** Of the event. */
  readonly slot: number;
  /** Empty where the event has none. */
  readonly sessionId: string;
  /** Base58: the account that it is about; undefined where the event names none. */
  readonly address: string | undefined;
  readonly state: SessionState;
  /** What came of it, or why the last attempt failed. */
  readonly reason: string;
  /** Attempts that failed. */
  readonly attempts: number;
  /** Undefined: no transaction of it can be carried out. */
  readonly sent: SentTransaction | undefined;
  /** Of `PDAComputedEvent`, until it is dealt with. */
  readonly order: CreationOrder | undefined;
  /** Wall-clock milliseconds. */
  readonly arrivedAt: number;
  readonly finishedAt: number | undefined;
}

/** What is to be done about an event of this name. */
export function workOf(kind: SessionEventName): SessionWork {
  return works[kind] ?? 'note';
}

const works: Partial<Record<SessionEventName, SessionWork>> = {
  PDAComputedEvent: 'create',
  SessionCreatedEvent: 'check',
  SessionActivatedEvent: 'check',
  SessionInitializedFromQueueEvent: 'check',
  ManualSessionInitializedEvent: 'check',
};

/** The record of an event that has just arrived. */
export function newRecord({ value, origin }: PipelineItem<SessionEvent>, arrivedAt: number): SessionRecord {
  return {
    key: origin.key,
    kind: value.name,
    slot: origin.slot,
    sessionId: 'session_id' in value.data ? value.data.session_id : '',
    address: addressOf(value),
    state: 'queued',
    reason: '',
    attempts: 0,
    sent: undefined,
    order: value.name === 'PDAComputedEvent' ? orderOf(value) : undefined,
    arrivedAt,
    finishedAt: undefined,
  };
}

function addressOf({ data }: SessionEvent): string | undefined {
  if ('expected_pda' in data) return data.expected_pda;
  if ('session_address' in data) return data.session_address;
  return 'session_pda' in data ? data.session_pda : undefined;
}

function orderOf({ data }: Extract<SessionEvent, { name: 'PDAComputedEvent' }>): CreationOrder {
  return {
    size: data.expected_size,
    accountOwner: data.expected_owner,
    sessionOwner: data.owner,
    evalProgram: data.eval_program,
    shard: data.shard_address,
  };
}

/** The record as JSON. */
export function encodeRecord(record: SessionRecord): string {
  return JSON.stringify(record, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}` : value));
}

/** The record that `encodeRecord` wrote. */
export function decodeRecord(json: Buffer): SessionRecord {
  const { order, ...stored } = JSON.parse(json.toString()) as Omit<SessionRecord, 'order'> & {
    readonly order?: Omit<CreationOrder, 'size'> & { readonly size: string };
  };
  return {
    ...stored,
    address: stored.address,
    sent: stored.sent,
    finishedAt: stored.finishedAt,
    order: order === undefined ? undefined : { ...order, size: BigInt(order.size) },
  };
}
