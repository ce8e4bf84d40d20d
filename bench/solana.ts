import { type DecodeResult, run as decode } from './solana/decode.ts';
import { type MemoryResult, memory } from './solana/memory.ts';
import { type ParseResult, run as parse } from './solana/parse.ts';
import { type StreamResult, stream } from './solana/stream.ts';
import { type UpdateResult, update } from './solana/update.ts';

/** Options of the Solana benchmark. */
export interface SolanaBenchOptions {
  /** Rounds; each measures every contestant once. @default 5 of the stream, 7 of the steps */
  readonly rounds?: number;
  /** Length of one burst of the stream. @default 3 */
  readonly seconds?: number;
  /** Length of the memory run and of the recovery. @default 1 */
  readonly minutes?: number;
  /** One part only. @default all but `decode` and `parse` */
  readonly only?: string;
  /** Folder for CPU profiles of Trunkline, of the stream. @default no profile */
  readonly profile?: string;
}

/** What the parts that ran found. */
export interface SolanaBenchResult {
  readonly stream?: readonly StreamResult[];
  readonly memory?: MemoryResult;
  readonly update?: UpdateResult;
  readonly decode?: DecodeResult;
  readonly parse?: ParseResult;
}

/** Those that run without `only`, then those that have to be asked for. */
const parts = ['stream', 'update', 'memory'];
const details = ['decode', 'parse'];

/** Updates of a Solana chain: the stream beside the vendor's client, memory behind a slow handler, the steps of an update. */
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
  return {
    ...(runs('stream') ? { stream: await stream(options) } : {}),
    ...(runs('update') ? { update: await update(options) } : {}),
    ...(runs('memory') ? { memory: await memory(options) } : {}),
    ...(runs('decode') ? { decode: await decode() } : {}),
    ...(runs('parse') ? { parse: await parse() } : {}),
  };
}
