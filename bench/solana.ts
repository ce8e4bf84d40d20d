import { type DecodeResult, run as decode } from './solana/decode.ts';
import { type MemoryResult, memory } from './solana/memory.ts';
import { type ParseResult, run as parse } from './solana/parse.ts';
import { type RuntimeResult, run as runtime } from './solana/pipeline.ts';
import { type RecoveryResult, recovery } from './solana/recovery.ts';
import { type SessionResult, session } from './solana/session.ts';
import { type StreamResult, stream } from './solana/stream.ts';
import { type UpdateResult, update } from './solana/update.ts';

/** Options of the Solana benchmark. */
export interface SolanaBenchOptions {
  /** Rounds; each measures every contestant once. @default 5 of the stream, 7 of the steps */
  readonly rounds?: number;
  /** Length of one burst of the stream, and of sending events for sessions. @default 3, 15 */
  readonly seconds?: number;
  /** Length of the memory run and of the recovery. @default 1 */
  readonly minutes?: number;
  /** One part only. @default all but `decode`, `parse` and `runtime` */
  readonly only?: string;
  /** Folder for CPU profiles of Trunkline, of the stream. @default no profile */
  readonly profile?: string;
}

/** What the parts that ran found. */
export interface SolanaBenchResult {
  readonly stream?: readonly StreamResult[];
  readonly memory?: MemoryResult;
  readonly update?: UpdateResult;
  readonly session?: readonly SessionResult[];
  readonly recovery?: RecoveryResult;
  readonly decode?: DecodeResult;
  readonly runtime?: readonly RuntimeResult[];
  readonly parse?: ParseResult;
}

/** Those that run without `only`, then those that have to be asked for. */
const parts = ['stream', 'update', 'session', 'recovery', 'memory'];
const details = ['decode', 'parse', 'runtime'];

/**
 * Updates of a Solana chain: the stream beside the vendor's client, the steps of an update, from event to account, a stream
 * that is killed again and again (exit code 1 when that loses or repeats), memory behind a slow handler.
 */
export async function run(options: SolanaBenchOptions = {}): Promise<SolanaBenchResult> {
  const { only } = options;
  const known = [...parts, ...details];
  if (only !== undefined && !known.includes(only))
    throw new Error(`no part ${only}; there are ${known.join(', ')}`);
  const runs = (part: string) => {
    const isRun = only === undefined ? parts.includes(part) : only === part;
    if (isRun) console.log(`\n  ${part}`);
    return isRun;
  };
  const result: SolanaBenchResult = {
    ...(runs('stream') ? { stream: await stream(options) } : {}),
    ...(runs('update') ? { update: await update(options) } : {}),
    ...(runs('session') ? { session: await session(options) } : {}),
    ...(runs('recovery') ? { recovery: await recovery(options) } : {}),
    ...(runs('memory') ? { memory: await memory(options) } : {}),
    ...(runs('decode') ? { decode: await decode() } : {}),
    ...(runs('runtime') ? { runtime: await runtime() } : {}),
    ...(runs('parse') ? { parse: await parse() } : {}),
  };
  // What was measured is worth keeping, but nobody shall take it for a good run.
  if (result.recovery?.isGood === false) process.exitCode = 1;
  return result;
}
