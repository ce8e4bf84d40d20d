import { setTimeout as delay } from 'node:timers/promises';
import { headNumber, markedHash, numberInHash } from './harness/chain-stub.ts';
import { type BenchChild, ChildProcesses } from './harness/child-processes.ts';
import { cpuMicroseconds } from './harness/cpu-time.ts';
import { EventClient } from './harness/event-client.ts';
import { EventFlood, eventFrame, floodProviders } from './harness/event-flood.ts';
import { now } from './harness/now.ts';
import { startReference } from './harness/reference.ts';
import { logAddress, mostLogs } from './harness/simulated-chain.ts';
import { median } from './harness/statistics.ts';
import { formatTable } from './harness/table.ts';
import { TrunklineProcess } from './harness/trunkline.ts';

/** Options of the streams benchmark. */
export interface StreamsOptions {
  /** Rounds; each measures every target with every kind of event once. @default 3 */
  readonly rounds?: number;
  /** Length of one burst. @default 4 */
  readonly seconds?: number;
  /** Leaves Trunkline out. @default false */
  readonly referenceOnly?: boolean;
}

/** One burst. */
export interface StreamsRound {
  /** Distinct events that reached the client; three times as many arrive from the providers. */
  readonly eventsPerSecond: number;
  readonly cpuMicrosecondsPerEvent: number;
  /** Share of one core used; near 1, it was the bottleneck and not the sender. */
  readonly cpuShare: number;
  readonly lost: number;
  readonly repeated: number;
}

/** One kind of event through one target. */
export interface StreamsResult {
  readonly target: string;
  readonly kind: string;
  readonly bytes: number;
  readonly rounds: readonly StreamsRound[];
  /** Median over the rounds of the rate divided by the bare relay's in the same round. */
  readonly ratioToRelay: number;
}

interface Kind {
  readonly name: string;
  readonly params: readonly unknown[];
  /** What Trunkline subscribes to at the providers for it. */
  readonly upstream: string;
  /** Events that are sent at once. */
  readonly batchSize: number;
  /** Events under way, per provider and to the client: well inside the de-duplication window, or late copies would count as new. */
  readonly window: number;
  /** The place of the first event of the next batch. */
  first(flood: EventFlood): number;
  /** Sends the next batch. */
  send(flood: EventFlood): void;
  /** How many events there were between `first` and the one that `number`, its first marked hash, tells. */
  indexOf(number: number, first: number): number;
}

interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly child: BenchChild;
  /** The providers; each target has its own, or it would be flooded while another is measured. */
  readonly flood: EventFlood;
  readonly isTrunkline: boolean;
}

const providerCount = 3;
/** Events of one burst at most. */
const maxEvents = 1 << 24;
const stallMs = 2_000;
const warmUpSeconds = 1;

/** Blocks come one after the other: no chain has more than a few under way, and who follows one counts on it. */
const heads = { batchSize: 10, window: 50 };
const others = { batchSize: 50, window: 2_000 };
let nextPending = headNumber();

const kinds: readonly Kind[] = [
  {
    name: 'newHeads',
    params: ['newHeads'],
    upstream: 'newHeads',
    ...heads,
    first: ({ chain }) => chain.head + 1,
    send: flood => {
      const { chain } = flood;
      flood.send(
        'newHeads',
        batch(heads.batchSize, () => eventFrame('newHeads', chain.header(chain.mine()))),
      );
    },
    indexOf: (number, first) => number - first,
  },
  {
    // Of blocks, which Trunkline asks for the logs of by their heads.
    name: 'logs',
    params: ['logs', { address: logAddress }],
    upstream: 'newHeads',
    ...others,
    first: ({ chain }) => chain.head + 1,
    send: flood => {
      const { chain } = flood;
      const block = chain.mine(others.batchSize);
      flood.send('newHeads', eventFrame('newHeads', chain.header(block)));
      const logs = chain.logs(block);
      flood.send(
        'logs',
        batch(others.batchSize, index => eventFrame('logs', logs[index]!)),
      );
    },
    indexOf: (number, first) =>
      (Math.floor(number / mostLogs) - first) * others.batchSize + (number % mostLogs),
  },
  {
    name: 'newPendingTransactions',
    params: ['newPendingTransactions'],
    upstream: 'newPendingTransactions',
    ...others,
    first: () => nextPending,
    send: flood =>
      flood.send(
        'newPendingTransactions',
        batch(others.batchSize, () => eventFrame('newPendingTransactions', `"${markedHash(nextPending++)}"`)),
      ),
    indexOf: (number, first) => number - first,
  },
];

function batch(size: number, frame: (index: number) => string): string {
  let frames = '';
  for (let index = 0; index < size; index++) frames += frame(index);
  return frames;
}

/** Floods one client with events from three providers that all send the same ones. */
export async function run(options: StreamsOptions = {}): Promise<readonly StreamsResult[]> {
  await using children = new ChildProcesses();
  const floods: EventFlood[] = [];
  const startProviders = async () => {
    const flood = new EventFlood();
    floods.push(flood);
    return { flood, ports: await flood.start(providerCount) };
  };
  try {
    const behindRelay = await startProviders();
    const relay = await startReference(children, 'socket-relay', behindRelay.ports);
    const targets: Target[] = [
      { name: 'bare relay', ...relay, path: '/', flood: behindRelay.flood, isTrunkline: false },
    ];
    if (options.referenceOnly !== true) {
      const { flood, ports } = await startProviders();
      const { port, child } = await TrunklineProcess.start(children, {
        providers: floodProviders(ports),
        chain: { aggregation: { width: providerCount } },
      });
      targets.push({ name: 'trunkline', port, child, path: '/rpc/bench', flood, isTrunkline: true });
    }
    const results = await measure(targets, options);
    print(results);
    return results;
  } finally {
    for (const flood of floods) flood.stop();
  }
}

async function measure(
  targets: readonly Target[],
  { rounds = 3, seconds = 4 }: StreamsOptions,
): Promise<StreamsResult[]> {
  const bytes = new Map<string, number>();
  const taken = new Map<string, StreamsRound[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const kind of kinds) {
      for (const target of targets) {
        const burst = new Burst(target, kind);
        const result = await burst.run(round === 0 ? warmUpSeconds : seconds);
        bytes.set(`${target.name} ${kind.name}`, burst.bytes);
        if (round === 0) continue;
        const key = `${target.name} ${kind.name}`;
        taken.set(key, [...(taken.get(key) ?? []), result]);
        console.log(
          `  round ${round}/${rounds}  ${kind.name}, ${target.name}: ${Math.round(result.eventsPerSecond)} events/s`,
        );
      }
    }
  }
  return kinds.flatMap(kind => {
    const reference = taken.get(`${targets[0]!.name} ${kind.name}`)!;
    return targets.map(({ name }) => {
      const own = taken.get(`${name} ${kind.name}`)!;
      const ratios = own.map((round, at) => round.eventsPerSecond / reference[at]!.eventsPerSecond);
      return {
        target: name,
        kind: kind.name,
        bytes: bytes.get(`${name} ${kind.name}`)!,
        rounds: own,
        ratioToRelay: median(ratios),
      };
    });
  });
}

/** One client that takes one kind of event for a while. */
class Burst {
  /** Of the last message. */
  bytes = 0;
  readonly #target: Target;
  readonly #flood: EventFlood;
  readonly #kind: Kind;
  readonly #seen = new Uint8Array(maxEvents);
  #first = 0;
  #sent = 0;
  #distinct = 0;
  #repeated = 0;
  #isAnswered = false;
  #isSending = false;

  constructor(target: Target, kind: Kind) {
    this.#target = target;
    this.#flood = target.flood;
    this.#kind = kind;
  }

  async run(seconds: number): Promise<StreamsRound> {
    const { port, path, child } = this.#target;
    const client = await EventClient.open(port, path, message => this.#receive(message));
    try {
      client.send(
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: this.#kind.params }),
      );
      await this.#untilSubscribed();
      this.#first = this.#kind.first(this.#flood);
      this.#isSending = true;
      const cpuBefore = cpuMicroseconds(child.pid);
      const startedAt = now();
      this.#flood.onRead = () => this.#fill();
      this.#fill();
      await delay(seconds * 1000);
      const elapsed = now() - startedAt;
      const delivered = this.#distinct;
      const cpu = cpuMicroseconds(child.pid) - cpuBefore;
      this.#isSending = false;
      await this.#untilDrained();
      if (!client.isOpen) throw new Error(`${this.#target.name} closed the connection: ${child.output}`);
      return {
        eventsPerSecond: delivered / (elapsed / 1000),
        cpuMicrosecondsPerEvent: cpu / delivered,
        cpuShare: cpu / 1000 / elapsed,
        lost: this.#sent - this.#distinct,
        repeated: this.#repeated,
      };
    } finally {
      client.close();
    }
  }

  #receive(message: Buffer): void {
    const number = numberInHash(message);
    if (number < 0) this.#isAnswered ||= message.includes('"result":');
    const index = this.#kind.indexOf(number, this.#first);
    if (!this.#isSending && this.#sent === 0) return;
    if (index < 0 || index >= this.#sent) return;
    this.bytes = message.length;
    if (this.#seen[index] === 1) this.#repeated++;
    else {
      this.#seen[index] = 1;
      this.#distinct++;
    }
    this.#fill();
  }

  #fill(): void {
    const { batchSize, window } = this.#kind;
    while (
      this.#isSending &&
      this.#sent + batchSize < maxEvents &&
      this.#flood.unread * batchSize < window &&
      this.#sent - this.#distinct < window
    ) {
      this.#sent += batchSize;
      this.#kind.send(this.#flood);
    }
  }

  /** @throws Error when the client was not answered, or not every provider is subscribed to, after ten seconds */
  async #untilSubscribed(): Promise<void> {
    const { name, isTrunkline } = this.#target;
    const upstream = isTrunkline ? this.#kind.upstream : this.#kind.name;
    for (let tries = 0; !this.#isAnswered || this.#flood.subscriptions(upstream) < providerCount; tries++) {
      if (tries >= 200)
        throw new Error(
          `${name}: ${upstream} is subscribed at ${this.#flood.subscriptions(upstream)} of ${providerCount} providers`,
        );
      await delay(50);
    }
    // The client's own subscription may be confirmed a moment after the last provider's.
    await delay(200);
  }

  /** Ends when all has arrived, or nothing has for two seconds. */
  async #untilDrained(): Promise<void> {
    for (let last = -1; last !== this.#distinct && this.#distinct < this.#sent; ) {
      last = this.#distinct;
      await delay(stallMs);
    }
  }
}

function print(results: readonly StreamsResult[]): void {
  const middle = ({ rounds }: StreamsResult, key: keyof StreamsRound) =>
    median(rounds.map(round => round[key]));
  const sum = ({ rounds }: StreamsResult, key: keyof StreamsRound) =>
    rounds.reduce((total, round) => total + round[key], 0);
  const head = [
    'events',
    'target',
    'bytes',
    'ratio to relay',
    'events/s',
    'CPU µs/event',
    'core used',
    'lost',
    'repeated',
  ];
  const rows = results.map(result => [
    result.kind,
    result.target,
    result.bytes,
    result.ratioToRelay.toFixed(2),
    Math.round(middle(result, 'eventsPerSecond')),
    middle(result, 'cpuMicrosecondsPerEvent').toFixed(1),
    `${Math.round(100 * middle(result, 'cpuShare'))} %`,
    sum(result, 'lost'),
    sum(result, 'repeated'),
  ]);
  console.log(`\n${formatTable(head, rows)}\n`);
}
