import type { BorshCursor } from '../borsh/borsh-cursor.ts';
import {
  type BorshType,
  bool,
  fixedBytes,
  i64,
  key,
  option,
  string,
  struct,
  u8,
  u32,
  u64,
  vec,
} from '../borsh/borsh-types.ts';
import { anchorDiscriminator } from './anchor/discriminator-table.ts';
import { EventReader } from './anchor/event-reader.ts';
import type { ParsedEvent } from './parsed-values.ts';
import { ProgramParser } from './program-parser.ts';

/** By the number in the event. */
const statuses = ['Requested', 'Created', 'Active', 'Closed'] as const;
const optimisticStates = ['Pending', 'Active', 'Closed'] as const;

const attestationHead = struct({
  factory_address: key,
  session_address: key,
  session_id: string,
  eval_address: key,
  attestation_id: string,
});
const attestationTail = struct({ verification_signature: fixedBytes(64), attested_at_height: u64 });
const createdHead = struct({
  session_address: key,
  owner: key,
  eval_program: key,
  shard_address: key,
  session_id: string,
  namespaces: vec(string),
  capability_used: option(string),
  verification_functions_executed: vec(string),
});
const createdTail = struct({ created_at: i64, account_size: u64, creation_slot: u64 });

/**
 * The layout of `creation_parameters` is not known. Everything behind it has a fixed size, so it is what lies between:
 * exact as long as the event ends where it should, for bytes behind it could not be told from it.
 */
const sessionCreated = {
  minSize: createdHead.minSize + attestationHead.minSize + attestationTail.minSize + createdTail.minSize,
  read(cursor: BorshCursor) {
    const head = createdHead.read(cursor);
    const attestation = attestationHead.read(cursor);
    const behind = attestationTail.minSize + createdTail.minSize;
    if (cursor.remaining < behind)
      throw cursor.error(
        `${behind} bytes are wanted behind the creation parameters, ${cursor.remaining} are left`,
      );
    const creation_parameters = cursor.copy(cursor.remaining - behind);
    return {
      ...head,
      attestation: { ...attestation, creation_parameters, ...attestationTail.read(cursor) },
      ...createdTail.read(cursor),
    };
  },
};

const types = {
  PDAComputedEvent: struct({
    expected_pda: key,
    expected_size: u64,
    expected_owner: key,
    session_id: string,
    owner: key,
    eval_program: key,
    shard_address: key,
    namespaces: vec(string),
    compute_slot: u64,
  }),
  SessionQueuedEvent: struct({
    session_id: string,
    queue_position: u64,
    request_id: string,
    timestamp: u64,
    estimated_processing_time: u64,
    queue_size: u64,
    factory_address: string,
    creator: string,
  }),
  QueueProcessedEvent: struct({
    processor: key,
    sessions_processed: u32,
    failed_initializations: u32,
    queue_size_before: u64,
    queue_size_after: u64,
    processing_duration_ms: u64,
    processing_started_at: i64,
    processing_completed_at: i64,
    total_processed: u64,
    total_failed: u64,
  }),
  SessionReservedEvent: struct({
    reservation_id: string,
    session_id: string,
    reserved_by: key,
    session_owner: key,
    template_id: option(string),
    expires_at: i64,
    reserved_at: i64,
  }),
  SessionCreatedEvent: sessionCreated,
  SessionActivatedEvent: struct({
    session_address: key,
    session_id: string,
    owner: key,
    eval_program: key,
    shard_address: key,
    namespaces: vec(string),
    activated_at: i64,
    activated_by: key,
    activation_slot: u64,
  }),
  SessionInitializedFromQueueEvent: struct({
    session_pda: key,
    session_id: string,
    owner: key,
    executor: key,
    queued_by: key,
    initialized_at: i64,
    queue_position: u64,
  }),
  ManualSessionInitializedEvent: struct({
    session_pda: key,
    session_id: string,
    owner: key,
    authority: key,
    force_activation: bool,
    initialized_at: i64,
  }),
  EmergencySessionResetEvent: struct({
    session_pda: key,
    session_id: string,
    owner: key,
    authority: key,
    old_status: named(statuses),
    new_status: named(statuses),
    old_optimistic_state: named(optimisticStates),
    new_optimistic_state: named(optimisticStates),
    reset_at: i64,
  }),
} as const;

/** The name of one of the nine events. */
export type SessionEventName = keyof typeof types;

/** What an event of that name holds: keys base58, integers of 64 bits bigints. */
export type SessionEventData<Name extends SessionEventName> = ReturnType<(typeof types)[Name]['read']>;

/** One of the nine events; its `name` tells what `data` holds. */
export type SessionEvent = {
  readonly [Name in SessionEventName]: ParsedEvent<Name, SessionEventData<Name>>;
}[SessionEventName];

/** The first bytes of each event, and how it goes on behind them. */
export const sessionEventTypes = Object.entries<BorshType>(types).map(([name, type]) => ({
  name: name as SessionEventName,
  discriminator: anchorDiscriminator('event', name),
  type,
}));

/** A parser of the nine events of a session program, wherever in a transaction it runs. */
export function sessionEventParser(program: Uint8Array): ProgramParser<SessionEvent> {
  const events = new EventReader(sessionEventTypes);
  return new ProgramParser<SessionEvent>({
    id: 'session_events',
    program,
    instruction(instruction, { values, problems }) {
      // Only these nine types are known to the reader.
      events.read(instruction, { values: { push: event => values.push(event as SessionEvent) }, problems });
    },
  });
}

/** A number that has a name; as text where it has none here. */
function named<Name extends string>(names: readonly Name[]): BorshType<Name | `${number}`> {
  return {
    minSize: 1,
    read(cursor) {
      const number = u8.read(cursor);
      return names[number] ?? `${number}`;
    },
  };
}
