import { HeadTracker } from '../../../src/aggregation/head-tracker.ts';
import { MessageAggregator } from '../../../src/aggregation/message-aggregator.ts';
import {
  StreamHub,
  type StreamHubDeps,
  type StreamHubOptions,
  type StreamSubscriber,
} from '../../../src/aggregation/stream-hub.ts';
import { silentLog } from '../../../src/telemetry/log.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { fakeEvents, numberIn } from './fake-chain.ts';
import { FakeSource } from './fake-source.ts';

/** A subscriber that keeps what it gets. */
export class Recorder implements StreamSubscriber {
  readonly events: Buffer[] = [];
  readonly ends: string[] = [];
  completions = 0;
  gaps = 0;

  /** The block numbers of the heads it got. */
  get numbers(): number[] {
    return this.events.map(numberIn);
  }

  get texts(): string[] {
    return this.events.map(event => event.toString());
  }

  onEvent(result: Buffer): void {
    this.events.push(Buffer.from(result));
  }

  onEnd(message: string): void {
    this.ends.push(message);
  }

  onComplete(): void {
    this.completions++;
  }

  onGap(): void {
    this.gaps++;
  }
}

/** A hub with its owner, over fake sources `a`, `b`, … */
export function setUpHub(
  sourceCount: number,
  options: Partial<StreamHubOptions> = {},
  deps: Partial<StreamHubDeps> = {},
) {
  const clock = new ManualClock();
  const metrics = new PromMetricRegistry();
  const log = silentLog;
  const heads = new HeadTracker({ chain: 'test', blockTimeMs: 12_000 }, { clock, log, metrics });
  const hub = new StreamHub(
    { chain: 'test', ...options },
    { clock, log, metrics, events: fakeEvents, ...deps },
  );
  const makeAggregator = () => new MessageAggregator({ chain: 'test' }, { metrics });
  const aggregator = makeAggregator();
  hub.adopt(aggregator);
  const sources = Array.from({ length: sourceCount }, (_, i) => new FakeSource(String.fromCharCode(97 + i)));
  for (const source of sources) hub.addSource(source);
  const subscribe = async (params = '["newHeads"]') => {
    const recorder = new Recorder();
    const subscription = await hub.subscribe(params, recorder);
    return { recorder, subscription };
  };
  /** The value of a metric's series. */
  const metric = async (name: string, labels = ''): Promise<number> => {
    const line = (await metrics.expose())
      .split('\n')
      .find(l => l.startsWith(`${name}{`) && l.includes(labels));
    return line === undefined ? 0 : Number(line.slice(line.lastIndexOf(' ') + 1));
  };
  return { clock, metrics, heads, hub, aggregator, makeAggregator, sources, subscribe, metric };
}

/** Lets promises settle. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 5; turn++) await new Promise(resolve => setImmediate(resolve));
}
