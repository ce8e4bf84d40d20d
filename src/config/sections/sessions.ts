import { z } from 'zod';
import { field, section } from '../field.ts';
import { chainReference } from '../values/chain-reference.ts';
import { choice } from '../values/choice.ts';
import { duration } from '../values/duration.ts';
import { flag } from '../values/flag.ts';
import { integer, number } from '../values/number.ts';
import { pubkey } from '../values/pubkey.ts';
import { template } from '../values/template.ts';
import { text } from '../values/text.ts';
import { backoffFields } from './backoff-fields.ts';

const deadline = (fallback: string, doc: string) =>
  field(duration({ min: 1, max: 3_600_000 }).prefault(fallback), {
    doc,
    unit: 'duration',
    applies: 'restart',
  });

const deadlinesSection = section(
  'How soon after its arrival an event should be dealt with, by kind; shown as histograms and alerts, nothing is given up for them.',
  {
    computed: deadline('5s', '`PDAComputedEvent`: the account is created and verified.'),
    queued: deadline('1s', '`SessionQueuedEvent`, `SessionReservedEvent`, `QueueProcessedEvent`.'),
    created: deadline(
      '2s',
      '`SessionCreatedEvent`, `SessionActivatedEvent`, `SessionInitializedFromQueueEvent`, `ManualSessionInitializedEvent`.',
    ),
    reset: deadline('500ms', '`EmergencySessionResetEvent`.'),
    alert_share: field(number({ min: 0, max: 1 }).prefault(0.05), {
      doc: 'Share of the newest 100 events of a kind that may be late before the log warns and the service counts as degraded.',
      unit: 'ratio',
      applies: 'restart',
    }),
  },
);

const accountMetaSection = section('An account of the instruction.', {
  key: field(
    text({
      pattern:
        /^(\{(payer|expected_pda|expected_owner|owner|eval_program|shard_address|system_program)\}|[1-9A-HJ-NP-Za-km-z]{32,44})$/,
      expected:
        'a key, or one of {payer}, {expected_pda}, {expected_owner}, {owner}, {eval_program}, {shard_address}, {system_program}',
    }),
    { doc: 'A key, or `{name}` of a key in the event.', applies: 'restart' },
  ),
  signer: field(flag().prefault(false), {
    doc: 'Whether it has to sign; only `{payer}` can.',
    applies: 'restart',
  }),
  writable: field(flag().prefault(false), { doc: 'Whether it is written.', applies: 'restart' }),
});

const instructionSection = section(
  'The instruction of `method: program`, which has to create the account by itself.',
  {
    program: field(pubkey(), { doc: 'The program that is called.', applies: 'restart' }),
    accounts: field(z.array(accountMetaSection).min(1).max(32), {
      doc: 'Its accounts, in order.',
      applies: 'restart',
    }),
    data: field(
      text({
        pattern: /^([0-9a-f]{2}|\{(session_id|expected_size|rent|expected_pda|expected_owner|owner)\})*$/,
        expected:
          'hexadecimal bytes and {session_id} (as borsh), {expected_size} and {rent} (u64), {expected_pda}, {expected_owner}, {owner}',
      }),
      { doc: 'Its data: hexadecimal bytes, with values of the event in braces.', applies: 'restart' },
    ),
  },
);

const sessionRetrySection = section(
  'How a creation that failed is tried again.',
  backoffFields('Tries in all.', { applies: 'restart' }),
);

/** `sessions`: the session builder. */
export const sessionsSection = section(
  'The session builder: sees the events of a session program and creates the accounts that they announce. Needs `storage`.',
  {
    chain: field(chainReference(), { doc: 'The chain, by its name under `chains`.', applies: 'restart' }),
    program: field(pubkey(), {
      doc: 'The program whose events count; those of others are ignored.',
      applies: 'restart',
    }),
    source: field(choice(['geyser', 'logs']).prefault('geyser'), {
      doc: 'Where the events come from, as for `pipelines`.',
      applies: 'restart',
    }),
    commitment: field(choice(['confirmed', 'finalized']).prefault('confirmed'), {
      doc: 'How sure an event is before an account is created for it, and a creation before it is verified.',
      applies: 'restart',
    }),
    keypair: field(text({ pattern: /\S/, expected: 'the path of a file' }), {
      doc: 'The key that pays for the accounts, as the Solana CLI writes it. Nobody but its owner may be able to read the file. A relative path starts at the working directory. For an embedded chain a missing file is made, and its key is funded.',
      applies: 'restart',
    }),
    method: field(choice(['seed', 'program']).prefault('seed'), {
      doc: '`seed`: the address is derived from the paying key, a seed and the owner, and the system program creates it; `program`: `instruction` does.',
      applies: 'restart',
    }),
    seed: field(
      template({
        names: ['session_id'],
        needs: 'session_id',
        maxLength: 128,
        pattern: /^[\x20-\x7e]+$/,
      }).prefault('{session_id}'),
      {
        doc: 'Of `method: seed`: the seed, with {session_id} in it. One of more than 32 bytes is replaced by the first 32 hexadecimal digits of its SHA-256.',
        applies: 'restart',
      },
    ),
    instruction: field(instructionSection.optional(), {
      doc: 'Of `method: program`: what is called.',
      applies: 'restart',
    }),
    max_concurrent_creations: field(integer({ min: 1, max: 1_000 }).prefault(10), {
      doc: 'Accounts that are created at once.',
      applies: 'restart',
    }),
    max_queue: field(integer({ min: 1, max: 10_000_000 }).prefault(100_000), {
      doc: 'Events that wait at most; then the stream waits too.',
      unit: 'events',
      applies: 'restart',
    }),
    max_account_size: field(integer({ min: 0, max: 10_485_760 }).prefault(10_240), {
      doc: 'The largest account that is created; an event that asks for more is refused.',
      unit: 'bytes',
      applies: 'restart',
    }),
    confirm_timeout: field(duration({ min: 100, max: 600_000 }).prefault('60s'), {
      doc: 'How long a transaction may take to reach the commitment before its status is looked up and it is tried again.',
      unit: 'duration',
      applies: 'restart',
    }),
    retry: field(sessionRetrySection.prefault({}), {
      doc: 'How a creation that failed is tried again.',
      applies: 'restart',
    }),
    deadlines: field(deadlinesSection.prefault({}), {
      doc: 'How soon an event should be dealt with.',
      applies: 'restart',
    }),
    low_balance: field(integer({ min: 0, max: Number.MAX_SAFE_INTEGER }).prefault(100_000_000), {
      doc: 'Balance of the paying key below which the log warns and the service counts as degraded.',
      unit: 'lamports',
      applies: 'restart',
    }),
    balance_interval: field(duration({ min: 100, max: 3_600_000 }).prefault('10s'), {
      doc: 'How often the balance is looked up.',
      unit: 'duration',
      applies: 'restart',
    }),
  },
);

export type SessionsConfig = z.output<typeof sessionsSection>;
