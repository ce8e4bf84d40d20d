import { pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { MessageAggregator } from '../src/aggregation/message-aggregator.ts';
import { PromMetricRegistry } from '../src/telemetry/prom-metric-registry.ts';

/** One line of the table: the state when a share of the messages has gone through. */
export interface AggregatorSample {
  readonly share: number;
  /** Messages a second so far, the making of their keys included. */
  readonly rate: number;
  readonly heapMegabytes: number;
  readonly rssMegabytes: number;
}

/** What the aggregator benchmark found. */
export interface AggregatorResult {
  readonly messages: number;
  readonly duplicates: number;
  /** Messages a second, the making of their keys included. */
  readonly rate: number;
  /** CPU microseconds a message, the making of its key included: what a noisy machine leaves comparable. */
  readonly cpuMicrosecondsPerMessage: number;
  /** Messages a second with the time for making the keys taken off. */
  readonly rateWithoutKeys: number;
  readonly batchSize: number;
  /** 99th percentile of the time of one batch, in milliseconds. */
  readonly batchP99Ms: number;
  readonly samples: readonly AggregatorSample[];
}

const batchSize = 64;
const duplicateShare = 0.3;
/** Duplicates repeat one of this many last events: providers that race are milliseconds apart. */
const reach = 1000;
const providers = ['alpha', 'beta', 'gamma'];

/**
 * Sends string keys of 66 characters (block and transaction hashes), 30 % of them repeated, through one window of
 * 10,000 keys in batches of 64, as frames of one turn of the event loop; keys are made from bytes as in production.
 */
export function run(options: { readonly messages?: number } = {}): Promise<AggregatorResult> {
  const messages = options.messages ?? 20_000_000;
  const keyTime = timeOfKeys(Math.min(messages, 2_000_000));
  const aggregator = new MessageAggregator({ chain: 'bench' }, { metrics: new PromMetricRegistry() });
  const window = aggregator.open('logs');
  const indexes = providers.map(id => aggregator.provider(id));
  const keys = new Array<string>(batchSize).fill('');
  const firsts = new Uint32Array(batchSize);
  const traffic = new Traffic();
  const times = new Times();
  const samples: AggregatorSample[] = [];
  const marks = [0.1, 0.5, 1].map(share => ({ share, at: Math.floor(messages * share) }));
  let sent = 0;
  let forwarded = 0;
  let spent = 0;
  let batch = 0;
  const cpuBefore = process.cpuUsage();
  while (sent < messages) {
    const start = performance.now();
    const count = Math.min(batchSize, messages - sent);
    for (let i = 0; i < count; i++) keys[i] = traffic.next();
    forwarded += window.ingestBatch(keys, indexes[batch++ % indexes.length]!, start, firsts, count);
    const took = performance.now() - start;
    times.observe(took);
    spent += took;
    sent += count;
    if (sent >= (marks[0]?.at ?? Number.POSITIVE_INFINITY)) {
      samples.push(sample(marks.shift()!.share, sent / (spent / 1000)));
    }
  }
  if (forwarded !== traffic.distinct) {
    throw new Error(`forwarded ${forwarded} of ${traffic.distinct} distinct events: lost or repeated`);
  }
  const cpu = process.cpuUsage(cpuBefore);
  const result = {
    messages,
    duplicates: messages - forwarded,
    rate: sent / (spent / 1000),
    cpuMicrosecondsPerMessage: (cpu.user + cpu.system) / sent,
    rateWithoutKeys: sent / ((spent - keyTime * sent) / 1000),
    batchSize,
    batchP99Ms: times.quantile(0.99),
    samples,
  };
  print(result);
  return Promise.resolve(result);
}

/** Makes keys whose distinct part is spread over the string, and repeats recent ones. */
class Traffic {
  distinct = 0;
  readonly #bytes = Buffer.from(`0x${'a'.repeat(64)}`);
  #random = 12345;

  next(): string {
    this.#random = (Math.imul(this.#random, 1664525) + 1013904223) >>> 0;
    const repeats = this.#random / 0x1_0000_0000 < duplicateShare && this.distinct > reach;
    return this.#key(repeats ? this.distinct - 1 - (this.#random % reach) : this.distinct++);
  }

  #key(number: number): string {
    let low = number;
    let high = Math.imul(number, 0x9e3779b1);
    for (let at = 65; at > 57; at--, low >>>= 4) this.#bytes[at] = hexDigits[low & 15]!;
    for (let at = 9; at > 1; at--, high >>>= 4) this.#bytes[at] = hexDigits[high & 15]!;
    return this.#bytes.toString('latin1', 0, 66);
  }
}

const hexDigits = Buffer.from('0123456789abcdef');

/** Times in buckets of a microsecond up to 100 ms: the benchmark's own memory stays flat too. */
class Times {
  readonly #buckets = new Float64Array(100_001);
  #count = 0;

  observe(ms: number): void {
    this.#buckets[Math.min(100_000, Math.floor(ms * 1000))]!++;
    this.#count++;
  }

  quantile(q: number): number {
    let seen = 0;
    const bucket = this.#buckets.findIndex(count => {
      seen += count;
      return seen >= q * this.#count;
    });
    return (bucket + 1) / 1000;
  }
}

/** Milliseconds that the making of one key takes. */
function timeOfKeys(count: number): number {
  const traffic = new Traffic();
  let length = 0;
  const start = performance.now();
  for (let i = 0; i < count; i++) length += traffic.next().length;
  const spent = performance.now() - start;
  if (length !== count * 66) throw new Error('keys must have 66 characters');
  return spent / count;
}

/** What is live is what counts; without this, the heap shows how long ago the last collection was. */
function collectGarbage(): void {
  setFlagsFromString('--expose-gc');
  (runInNewContext('gc') as () => void)();
}

function sample(share: number, rate: number): AggregatorSample {
  collectGarbage();
  const { heapUsed, rss } = process.memoryUsage();
  const taken = { share, rate, heapMegabytes: heapUsed / 2 ** 20, rssMegabytes: rss / 2 ** 20 };
  console.log(
    `  ${Math.round(share * 100)} %: ${millions(rate)} M/s, heap ${taken.heapMegabytes.toFixed(1)} MB`,
  );
  return taken;
}

function print(result: AggregatorResult): void {
  const rows = result.samples.map(({ share, rate, heapMegabytes, rssMegabytes }) => ({
    done: `${Math.round(share * 100)} %`,
    'M messages/s': millions(rate),
    'heap MB': heapMegabytes.toFixed(1),
    'RSS MB': rssMegabytes.toFixed(0),
  }));
  console.table(rows);
  console.log(
    `${result.messages / 1e6} M messages, ${((100 * result.duplicates) / result.messages).toFixed(1)} % duplicates: ` +
      `${result.cpuMicrosecondsPerMessage.toFixed(2)} µs of CPU a message, ` +
      `${millions(result.rate)} M/s with the making of the keys, ${millions(result.rateWithoutKeys)} M/s without; ` +
      `batch of ${result.batchSize}: p99 ${result.batchP99Ms.toFixed(3)} ms`,
  );
}

function millions(rate: number): string {
  return (rate / 1e6).toFixed(2);
}

if (process.argv[1] !== undefined && import.meta.url === pathToFileURL(process.argv[1]).href) {
  const { values } = parseArgs({ options: { messages: { type: 'string' } } });
  await run(values.messages === undefined ? {} : { messages: Number(values.messages) });
}
