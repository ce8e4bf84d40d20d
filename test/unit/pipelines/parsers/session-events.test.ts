import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { describe, it } from 'node:test';
import { inspect } from 'node:util';
import { encode } from '../../../../src/chains/solana/base58.ts';
import { sessionEventParser, sessionEventTypes } from '../../../../src/pipelines/parsers/session-events.ts';
import { key, transactionOf } from '../support/transactions.ts';

/** As observed on the chain. */
const discriminators = {
  PDAComputedEvent: 'c8d96394c4daa439',
  SessionQueuedEvent: '112761fd3db0ca13',
  QueueProcessedEvent: 'd2f854dbcf384698',
  SessionReservedEvent: 'a373aa1f482cc7cd',
  SessionCreatedEvent: '23296249bb20130c',
  SessionActivatedEvent: '3aab93086d9bf4f2',
  SessionInitializedFromQueueEvent: '5646351baf1ef6bb',
  ManualSessionInitializedEvent: 'de9b7cdc6ace6498',
  EmergencySessionResetEvent: 'bc2d79fcbd6a3777',
};

const program = key('sessions');
const P = encode(program);
const parser = sessionEventParser(program);

const u32 = (value: number) => Buffer.from(Uint32Array.of(value).buffer);
const u64 = (value: bigint) => Buffer.from(BigInt64Array.of(value).buffer);
const text = (value: string) => Buffer.concat([u32(Buffer.byteLength(value)), Buffer.from(value)]);
const texts = (...values: string[]) => Buffer.concat([u32(values.length), ...values.map(text)]);
const some = (value: Buffer) => Buffer.concat([Buffer.of(1), value]);
const none = Buffer.of(0);

function parse(name: keyof typeof discriminators, ...fields: Uint8Array[]) {
  const bytes = Buffer.concat([Buffer.from(discriminators[name], 'hex'), ...fields]);
  const logs = [
    `Program ${P} invoke [1]`,
    `Program data: ${bytes.toString('base64')}`,
    `Program ${P} success`,
  ];
  return parser.parse(transactionOf([{ program }], { logs }));
}

function dataOf(...written: Parameters<typeof parse>): unknown {
  const outcome = parse(...written);
  assert.ok(outcome.kind === 'parsed', inspect(outcome));
  const [value] = outcome.values;
  assert.equal(value?.name, written[0]);
  assert.equal(value?.trailingBytes, 0);
  return value?.data;
}

const [a, b, c, d] = ['a', 'b', 'c', 'd'].map(name => key(name)) as [
  Uint8Array,
  Uint8Array,
  Uint8Array,
  Uint8Array,
];
const [A, B, C, D] = [a, b, c, d].map(encode);

describe('the events of sessions', () => {
  it('are told apart by the hash of their names', () => {
    const known = sessionEventTypes.map(({ name, discriminator }) => [
      name,
      Buffer.from(discriminator).toString('hex'),
    ]);
    assert.deepEqual(Object.fromEntries(known), discriminators);
    for (const [name, hex] of Object.entries(discriminators))
      assert.equal(createHash('sha256').update(`event:${name}`).digest('hex').slice(0, 16), hex);
  });

  it('read field by field', () => {
    assert.deepEqual(
      dataOf('PDAComputedEvent', a, u64(10n), b, text('s'), c, d, a, texts('x', 'y'), u64(77n)),
      {
        expected_pda: A,
        expected_size: 10n,
        expected_owner: B,
        session_id: 's',
        owner: C,
        eval_program: D,
        shard_address: A,
        namespaces: ['x', 'y'],
        compute_slot: 77n,
      },
    );
    assert.deepEqual(
      dataOf(
        'SessionQueuedEvent',
        text('s'),
        u64(1n),
        text('r'),
        u64(2n),
        u64(3n),
        u64(4n),
        text('f'),
        text('c'),
      ),
      {
        session_id: 's',
        queue_position: 1n,
        request_id: 'r',
        timestamp: 2n,
        estimated_processing_time: 3n,
        queue_size: 4n,
        factory_address: 'f',
        creator: 'c',
      },
    );
    assert.deepEqual(
      dataOf('QueueProcessedEvent', a, u32(1), u32(2), ...[3n, 4n, 5n, -6n, -7n, 8n, 9n].map(u64)),
      {
        processor: A,
        sessions_processed: 1,
        failed_initializations: 2,
        queue_size_before: 3n,
        queue_size_after: 4n,
        processing_duration_ms: 5n,
        processing_started_at: -6n,
        processing_completed_at: -7n,
        total_processed: 8n,
        total_failed: 9n,
      },
    );
    const reserved = [text('r'), text('s'), a, b] as const;
    const times = [u64(5n), u64(6n)] as const;
    assert.deepEqual(dataOf('SessionReservedEvent', ...reserved, some(text('t')), ...times), {
      reservation_id: 'r',
      session_id: 's',
      reserved_by: A,
      session_owner: B,
      template_id: 't',
      expires_at: 5n,
      reserved_at: 6n,
    });
    assert.equal(
      (dataOf('SessionReservedEvent', ...reserved, none, ...times) as { template_id: unknown }).template_id,
      null,
    );
    assert.deepEqual(dataOf('SessionActivatedEvent', a, text('s'), b, c, d, texts(), u64(-1n), b, u64(2n)), {
      session_address: A,
      session_id: 's',
      owner: B,
      eval_program: C,
      shard_address: D,
      namespaces: [],
      activated_at: -1n,
      activated_by: B,
      activation_slot: 2n,
    });
    assert.deepEqual(dataOf('SessionInitializedFromQueueEvent', a, text('s'), b, c, d, u64(1n), u64(2n)), {
      session_pda: A,
      session_id: 's',
      owner: B,
      executor: C,
      queued_by: D,
      initialized_at: 1n,
      queue_position: 2n,
    });
    assert.deepEqual(dataOf('ManualSessionInitializedEvent', a, text('s'), b, c, Buffer.of(1), u64(1n)), {
      session_pda: A,
      session_id: 's',
      owner: B,
      authority: C,
      force_activation: true,
      initialized_at: 1n,
    });
    assert.deepEqual(
      dataOf('EmergencySessionResetEvent', a, text('s'), b, c, Buffer.of(3, 0, 1, 9), u64(1n)),
      {
        session_pda: A,
        session_id: 's',
        owner: B,
        authority: C,
        old_status: 'Closed',
        new_status: 'Requested',
        old_optimistic_state: 'Active',
        new_optimistic_state: '9',
        reset_at: 1n,
      },
    );
  });

  it('leave the creation parameters, whose layout is not known, as the bytes between what is', () => {
    const signature = Buffer.alloc(64, 7);
    const read = (parameters: Buffer) =>
      dataOf(
        'SessionCreatedEvent',
        ...[a, b, c, d, text('s'), texts('n'), none, texts('v')],
        ...[a, b, text('s'), c, text('att'), parameters, signature, u64(1n)],
        ...[u64(-2n), u64(3n), u64(4n)],
      );
    for (const parameters of [Buffer.alloc(0), Buffer.from('anything at all')])
      assert.deepEqual(read(parameters), {
        session_address: A,
        owner: B,
        eval_program: C,
        shard_address: D,
        session_id: 's',
        namespaces: ['n'],
        capability_used: null,
        verification_functions_executed: ['v'],
        attestation: {
          factory_address: A,
          session_address: B,
          session_id: 's',
          eval_address: C,
          attestation_id: 'att',
          creation_parameters: new Uint8Array(parameters),
          verification_signature: new Uint8Array(signature),
          attested_at_height: 1n,
        },
        created_at: -2n,
        account_size: 3n,
        creation_slot: 4n,
      });
  });

  it('that end early or claim 4 GB are errors that say where', () => {
    const short = parse('PDAComputedEvent', a, u64(10n), b, text('s').subarray(0, 4));
    assert.deepEqual(short, {
      kind: 'error',
      message: 'instruction 0, event PDAComputedEvent: session_id: 1 bytes are wanted at byte 84, 0 are left',
    });
    const huge = parse('PDAComputedEvent', a, u64(10n), b, text('s'), c, d, a, u32(0xffffffff));
    assert.ok(huge.kind === 'error');
    assert.match(huge.message, /namespaces: 4294967295 elements are announced/);
  });

  it('of other programs are not read, nor those of transactions that failed', () => {
    const bytes = Buffer.from(`${discriminators.ManualSessionInitializedEvent}${'00'.repeat(109)}`, 'hex');
    const logs = [
      `Program ${A} invoke [1]`,
      `Program data: ${bytes.toString('base64')}`,
      `Program ${A} success`,
    ];
    assert.equal(parser.parse(transactionOf([{ program: a }], { logs })).kind, 'filtered');
    const failed = [
      `Program ${P} invoke [1]`,
      `Program data: ${bytes.toString('base64')}`,
      `Program ${P} failed: x`,
    ];
    assert.equal(
      parser.parse(transactionOf([{ program }], { logs: failed, isFailed: true })).kind,
      'filtered',
    );
  });
});
