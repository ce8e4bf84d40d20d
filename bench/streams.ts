import { setTimeout as delay } from 'node:timers/promises';
import { blockHeader, headNumber, markedHash, numberInHash } from './harness/chain-stub.ts';
import { type BenchChild, ChildProcesses } from './harness/child-processes.ts';
import { cpuMicroseconds } from './harness/cpu-time.ts';
import { EventClient } from './harness/event-client.ts';
import { EventFlood, eventFrame } from './harness/event-flood.ts';
import { now } from './harness/now.ts';
import { startReference } from './harness/reference.ts';
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
  readonly result: (number: number) => string;
}

interface Target {
  readonly name: string;
  readonly port: number;
  readonly path: string;
  readonly child: BenchChild;
}

const providerCount = 3;
const batchSize = 50;
/** Events under way, per provider and to the client: well inside the de-duplication window, or late copies would count as new. */
const window = 2_000;
/** Events of one burst at most. */
const maxEvents = 1 << 24;
const stallMs = 2_000;
const warmUpSeconds = 1;

const headTemplate = JSON.stringify(blockHeader(0)).replace(/^.*?"timestamp"/, '"timestamp"');
const kinds: readonly Kind[] = [
  {
    name: 'newHeads',
    params: ['newHeads'],
    result: number =>
      `{"number":"0x${number.toString(16)}","hash":"${markedHash(number)}","parentHash":"${markedHash(number - 1)}",${headTemplate}`,
  },
  { name: 'logs', params: ['logs', {}], result: logOf },
  {
    name: 'newPendingTransactions',
    params: ['newPendingTransactions'],
    result: number => `"${markedHash(number)}"`,
  },
];

/** Floods one client with events from three providers that all send the same ones. */
export async function run(options: StreamsOptions = {}): Promise<readonly StreamsResult[]> {
  await using children = new ChildProcesses();
  const flood = new EventFlood();
  const ports = await flood.start(providerCount);
  try {
    const relay = await startReference(children, 'socket-relay', ports);
    const targets: Target[] = [{ name: 'bare relay', port: relay.port, path: '/', child: relay.child }];
    if (options.referenceOnly !== true) {
      const providers = ports.map((port, index) => ({
        id: `p${index + 1}`,
        url: `http://127.0.0.1:${port}/`,
        ws_url: `ws://127.0.0.1:${port}/`,
      }));
      const trunkline = await TrunklineProcess.start(children, {
        providers,
        chain: { aggregation: { width: providerCount } },
      });
      targets.push({ name: 'trunkline', port: trunkline.port, path: '/rpc/bench', child: trunkline.child });
    }
    const results = await measure(flood, targets, options);
    print(results);
    return results;
  } finally {
    flood.stop();
  }
}

async function measure(
  flood: EventFlood,
  targets: readonly Target[],
  { rounds = 3, seconds = 4 }: StreamsOptions,
): Promise<StreamsResult[]> {
  let next = headNumber();
  const taken = new Map<string, StreamsRound[]>();
  for (let round = 0; round <= rounds; round++) {
    for (const kind of kinds) {
      for (const target of targets) {
        const burst = new Burst(flood, kind, next);
        const result = await burst.run(target, round === 0 ? warmUpSeconds : seconds);
        next = burst.next;
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
        bytes: kind.result(next).length,
        rounds: own,
        ratioToRelay: median(ratios),
      };
    });
  });
}

/** One client that takes one kind of event for a while. */
class Burst {
  next: number;
  readonly #flood: EventFlood;
  readonly #kind: Kind;
  readonly #first: number;
  readonly #seen = new Uint8Array(maxEvents);
  #distinct = 0;
  #repeated = 0;
  #isSending = true;

  constructor(flood: EventFlood, kind: Kind, first: number) {
    this.#flood = flood;
    this.#kind = kind;
    this.#first = first;
    this.next = first;
  }

  async run({ port, path, child }: Target, seconds: number): Promise<StreamsRound> {
    const client = await EventClient.open(port, path, message => this.#receive(message));
    try {
      client.send(
        JSON.stringify({ jsonrpc: '2.0', id: 1, method: 'eth_subscribe', params: this.#kind.params }),
      );
      await this.#untilSubscribed();
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
      return {
        eventsPerSecond: delivered / (elapsed / 1000),
        cpuMicrosecondsPerEvent: cpu / delivered,
        cpuShare: cpu / 1000 / elapsed,
        lost: this.next - this.#first - this.#distinct,
        repeated: this.#repeated,
      };
    } finally {
      client.close();
    }
  }

  #receive(message: Buffer): void {
    const number = numberInHash(message);
    if (number < this.#first) return;
    if (this.#seen[number - this.#first] === 1) this.#repeated++;
    else {
      this.#seen[number - this.#first] = 1;
      this.#distinct++;
    }
    this.#fill();
  }

  #fill(): void {
    while (
      this.#isSending &&
      this.#flood.unread * batchSize < window &&
      this.next - this.#first - this.#distinct < window
    ) {
      let frames = '';
      for (let index = 0; index < batchSize; index++)
        frames += eventFrame(this.#kind.name, this.#kind.result(this.next++));
      this.#flood.send(this.#kind.name, frames);
    }
  }

  /** @throws Error when the subscription has not reached every provider after ten seconds */
  async #untilSubscribed(): Promise<void> {
    for (let tries = 0; this.#flood.subscriptions(this.#kind.name) < providerCount; tries++) {
      if (tries >= 200)
        throw new Error(
          `${this.#kind.name} is subscribed at ${this.#flood.subscriptions(this.#kind.name)} of ${providerCount} providers`,
        );
      await delay(50);
    }
    // The client's own subscription may be confirmed a moment after the last provider's.
    await delay(200);
  }

  /** Ends when all has arrived, or nothing has for two seconds. */
  async #untilDrained(): Promise<void> {
    for (let last = -1; last !== this.#distinct && this.#distinct < this.next - this.#first; ) {
      last = this.#distinct;
      await delay(stallMs);
    }
  }
}

function logOf(number: number): string {
  const block = Math.floor(number / 100);
  return (
    `{"address":"0x5fbdb2315678afecb367f032d93f642f64180aa3","topics":["0xddf252ad1be2c89b69c2b068fc378daa952ba7f163c4a11628f55a4df523b3ef",` +
    `"0x00000000000000000000000070997970c51812dc3a010c7d01b50e0d17dc79c8","0x0000000000000000000000003c44cdddb6a900fa2b585dd299e03d12fa4293bc"],` +
    `"data":"0x0000000000000000000000000000000000000000000000000de0b6b3a7640000","blockNumber":"0x${block.toString(16)}",` +
    `"transactionHash":"${markedHash(number)}","transactionIndex":"0x${(number % 100).toString(16)}",` +
    `"blockHash":"0x${block.toString(16).padStart(64, '0')}","logIndex":"0x${(number % 100).toString(16)}","removed":false}`
  );
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
