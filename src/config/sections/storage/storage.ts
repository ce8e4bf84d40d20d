import type { z } from 'zod';
import { field, section } from '../../field.ts';
import { choice } from '../../values/choice.ts';
import { duration } from '../../values/duration.ts';
import { text } from '../../values/text.ts';
import { faultInjectionSection } from './fault-injection.ts';
import { readersSection } from './readers.ts';
import { respSection } from './resp.ts';
import { durability, storesSection } from './stores.ts';
import {
  batchSection,
  channelSection,
  prioritiesSection,
  restartQueueSection,
  retrySection,
  storageBreakerSection,
} from './traffic.ts';

/** `storage`: what outlives a restart, and the threads that keep it. */
export const storageSection = section(
  'The storage runtime: a second runtime in threads of its own, beside the network. Off unless this section is there.',
  {
    directory: field(text({ expected: 'the path of a directory', pattern: /\S/ }).prefault('data'), {
      doc: 'Where the stores are kept; made when it is missing. A relative path starts at the working directory. One process at a time may use it.',
      applies: 'restart',
    }),
    durability: field(durability().prefault('commit'), {
      doc: 'When a write is acknowledged. `memory`: once it is applied; the death of the process may lose the last moments. `commit`: once it is in the file; it survives the death of the process, and a power failure costs at most `checkpoint_interval`. `fsync`: once it is on the device; it survives a power failure.',
      applies: 'restart',
    }),
    check_on_start: field(choice(['auto', 'full', 'quick', 'off']).prefault('auto'), {
      doc: 'How thoroughly the files are looked at before they are opened. `quick`: headers and length; `full`: every page and record; `auto`: full up to 1 GiB, quick above.',
      applies: 'restart',
    }),
    checkpoint_interval: field(duration({ min: 10, max: 60_000 }).prefault('1s'), {
      doc: 'How often committed writes are flushed to the device.',
      unit: 'duration',
      applies: 'restart',
    }),
    sweep_interval: field(duration({ min: 10, max: 60_000 }).prefault('100ms'), {
      doc: 'How often expired keys are removed. They are never returned, swept or not.',
      unit: 'duration',
      applies: 'restart',
    }),
    preset: field(choice(['balanced', 'high_throughput', 'low_latency']).prefault('balanced'), {
      doc: 'What `batch` is made for, unless it says otherwise itself.',
      applies: 'restart',
    }),
    timeout: field(duration({ min: 10, max: 600_000 }).prefault('30s'), {
      doc: 'How long a storage call may take in all, its waits and retries included.',
      unit: 'duration',
      applies: 'restart',
    }),
    stores: field(storesSection.prefault({}), { doc: 'The stores.', applies: 'restart' }),
    channel: field(channelSection.prefault({}), {
      doc: 'The channel between the threads.',
      applies: 'restart',
    }),
    batch: field(batchSection.prefault({}), {
      doc: 'How commands are put together.',
      applies: 'restart',
    }),
    retry: field(retrySection.prefault({}), { doc: 'Retries.', applies: 'restart' }),
    circuit_breaker: field(storageBreakerSection.prefault({}), {
      doc: 'When the storage runtime is left alone.',
      applies: 'restart',
    }),
    restart_queue: field(restartQueueSection.prefault({}), {
      doc: 'Calls that wait while the runtime restarts.',
      applies: 'restart',
    }),
    priorities: field(prioritiesSection.prefault({}), {
      doc: 'Commands that wait, by priority.',
      applies: 'restart',
    }),
    readers: field(readersSection.prefault({}), {
      doc: 'Threads that only read.',
      applies: 'restart',
    }),
    fault_injection: field(faultInjectionSection.optional(), {
      doc: 'Faults on purpose.',
      applies: 'restart',
    }),
    resp: field(respSection.prefault({}), {
      doc: 'The key-value store for Redis clients.',
      applies: 'restart',
    }),
  },
);

export type StorageConfig = z.output<typeof storageSection>;
