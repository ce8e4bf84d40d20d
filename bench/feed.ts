import { type EndToEndResult, endToEnd } from './feed/end-to-end.ts';
import { type FanOutResult, fanOut } from './feed/fan-out.ts';
import { type ManyClientsResult, manyClients } from './feed/many-clients.ts';
import { type ReplayResult, replay } from './feed/replay.ts';
import { type SoakResult, soak } from './feed/soak.ts';

/** Options of the feed benchmark. */
export interface FeedBenchOptions {
  /** Rounds; each measures every target once. @default 5 of the fan-out, 3 of the others */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Clients of the fan-out. @default 1000 */
  readonly clients?: number;
  /** Processes that the clients of the fan-out are spread over. @default 1 */
  readonly processes?: number;
  /** Connections of the many clients. @default 5000 */
  readonly connections?: number;
  /** Events a second, end to end. @default 10000 */
  readonly rate?: number;
  /** Events of the history that is replayed. @default 200000 */
  readonly events?: number;
  /** Length of the failover soak. @default 60 */
  readonly soakSeconds?: number;
  /** One part only: `fan-out`, `clients`, `end-to-end`, `replay` or `soak`. @default all */
  readonly only?: string;
  /** Leaves Trunkline out, and the soak. @default false */
  readonly referenceOnly?: boolean;
  /** Folder for CPU profiles of Trunkline, of the fan-out and the replay. @default no profile */
  readonly profile?: string;
}

/** What the parts that ran found. */
export interface FeedBenchResult {
  readonly fanOut?: readonly FanOutResult[];
  readonly clients?: ManyClientsResult;
  readonly endToEnd?: readonly EndToEndResult[];
  readonly replay?: readonly ReplayResult[];
  readonly soak?: SoakResult;
}

const parts = ['fan-out', 'clients', 'end-to-end', 'replay', 'soak'];

/**
 * The event feed: fan-out beside `ws.send` and nats-server, five thousand clients, the way from provider to client,
 * replay beside a file and JetStream, and a failover soak over a real chain (exit code 1 when that loses or repeats).
 */
export async function run(options: FeedBenchOptions = {}): Promise<FeedBenchResult> {
  const { only, soakSeconds } = options;
  if (only !== undefined && !parts.includes(only))
    throw new Error(`no part ${only}; there are ${parts.join(', ')}`);
  const runs = (part: string) => {
    const isRun = only === undefined || only === part;
    if (isRun) console.log(`\n  ${part}`);
    return isRun;
  };
  const result: FeedBenchResult = {
    ...(runs('fan-out') ? { fanOut: await fanOut(options) } : {}),
    ...(runs('clients') ? { clients: await manyClients(options) } : {}),
    ...(runs('end-to-end') ? { endToEnd: await endToEnd(options) } : {}),
    ...(runs('replay') ? { replay: await replay(options) } : {}),
    ...(options.referenceOnly !== true && runs('soak')
      ? { soak: await soak(soakSeconds === undefined ? {} : { seconds: soakSeconds }) }
      : {}),
  };
  // What was measured is worth keeping, but nobody shall take it for a good run.
  if (result.soak?.isGood === false) process.exitCode = 1;
  return result;
}
