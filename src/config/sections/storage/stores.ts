import { field, section } from '../../field.ts';
import { bytes } from '../../values/bytes.ts';
import { choice } from '../../values/choice.ts';

/** What an acknowledged write has survived. */
export const durability = () => choice(['memory', 'commit', 'fsync']);

const kv = section('The store of the key-value commands, also served on the RESP port.', {
  durability: field(durability().optional(), {
    doc: 'When a write to this store is acknowledged, see `storage.durability`.',
    applies: 'restart',
    derivedDefault: '`storage.durability`',
  }),
  max_bytes: field(bytes({ min: 2 ** 20, max: 2 ** 40 }).prefault('4GiB'), {
    doc: 'Bytes of the database file that may be in use; above it writes that add are refused, reads and deletions go on.',
    unit: 'bytes',
    applies: 'restart',
  }),
});

const log = section('The store of the event feed.', {
  durability: field(durability().optional(), {
    doc: 'When an event is in the log, see `storage.durability`; only then it is sent to anybody.',
    applies: 'restart',
    derivedDefault: '`storage.durability`',
  }),
  max_bytes: field(bytes({ min: 2 ** 22, max: 2 ** 40 }).prefault('4GiB'), {
    doc: 'Bytes of the database file that may be in use. `feed.retention.bytes` must fit in well: at most three quarters of it.',
    unit: 'bytes',
    applies: 'restart',
  }),
});

const pipelines = section('The store of what pipelines and the session builder remember.', {
  durability: field(durability().optional(), {
    doc: 'When a checkpoint, a dead letter or an event of the session builder is kept, see `storage.durability`.',
    applies: 'restart',
    derivedDefault: '`storage.durability`',
  }),
  max_bytes: field(bytes({ min: 2 ** 22, max: 2 ** 40 }).prefault('4GiB'), {
    doc: 'Bytes of the database file that may be in use, those of values that were spilled included.',
    unit: 'bytes',
    applies: 'restart',
  }),
});

/** `storage.stores`: each is a database of its own. */
export const storesSection = section('The stores; each is a database of its own in a folder of its own.', {
  kv: field(kv.prefault({}), {
    doc: 'The store of the key-value commands.',
    applies: 'restart',
  }),
  log: field(log.prefault({}), {
    doc: 'The store of the event feed.',
    applies: 'restart',
  }),
  pipelines: field(pipelines.prefault({}), {
    doc: 'The store of what pipelines and the session builder remember.',
    applies: 'restart',
  }),
});
