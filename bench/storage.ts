import { ChildProcesses } from './harness/child-processes.ts';
import { requirePrograms } from './harness/programs.ts';
import { respRatios, type StorageLoad } from './storage/resp-ratios.ts';
import { type ThreadRecovery, threadRecovery } from './storage/thread-recovery.ts';
import { type TypedRates, typedRates } from './storage/typed-rates.ts';

/** Options of the storage benchmark. */
export interface StorageOptions {
  /** Rounds; each measures every target once per load. @default 5 */
  readonly rounds?: number;
  /** Commands of one load at a pipeline of 16; a sixteenth of them without pipeline. @default 800000 */
  readonly requests?: number;
  /** Length of one burst of typed calls. @default 2 */
  readonly seconds?: number;
  /** Deaths of the storage thread. @default 10 */
  readonly deaths?: number;
  /** `memory`, `commit` or `fsync`. @default commit */
  readonly durability?: string;
  /** `storage.preset` of the typed calls. @default balanced */
  readonly preset?: string;
  /** Random keys out of this many; 1 is one key for all, as redis-benchmark does by itself. @default 1 */
  readonly keys?: number;
  /** One part only: `resp`, `typed` or `recovery`. @default all */
  readonly only?: string;
  /** Folder for CPU profiles of Trunkline. @default no profile */
  readonly profile?: string;
}

/** What the parts that ran found. */
export interface StorageResult {
  readonly resp?: readonly StorageLoad[];
  readonly typed?: readonly TypedRates[];
  readonly recovery?: ThreadRecovery;
}

/** The RESP port beside redis-server; typed calls beside lmdb on the main thread; the sudden end of the storage thread. */
export async function run(options: StorageOptions = {}): Promise<StorageResult> {
  const runs = (part: string) => options.only === undefined || options.only === part;
  if (runs('resp')) requirePrograms('redis-server', 'redis-benchmark');
  await using children = new ChildProcesses();
  return {
    ...(runs('resp') ? { resp: await respRatios(children, options) } : {}),
    ...(runs('typed') ? { typed: await typedRates(children, options) } : {}),
    ...(runs('recovery') ? { recovery: await threadRecovery(children, options) } : {}),
  };
}
