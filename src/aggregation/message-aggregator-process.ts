import { type PlainChildSpec, serverChild } from '../otp/child-spec.ts';
import type { GenServer } from '../otp/gen-server.ts';
import { type ProcessName, processName } from '../otp/process-name.ts';
import type { Request } from '../otp/request.ts';
import { reply } from '../otp/results.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import {
  type AggregatorStats,
  MessageAggregator,
  type MessageAggregatorOptions,
} from './message-aggregator.ts';
import type { HubStats, StreamHub } from './stream-hub.ts';

/** What the process is asked. */
export type MessageAggregatorCall = { readonly type: 'stats' } & Request<{
  readonly aggregator: AggregatorStats;
  readonly hub: HubStats;
}>;

/** What the process is started with. */
export interface MessageAggregatorArgs {
  /** The chain's name. */
  readonly chain: string;
  readonly options: Omit<MessageAggregatorOptions, 'chain'>;
  /** The chain's hub; it outlives the process. */
  readonly hub: StreamHub;
  readonly metrics: MetricRegistry;
}

interface State {
  readonly aggregator: MessageAggregator;
  readonly hub: StreamHub;
}

/** The name of a chain's aggregator process. */
export const messageAggregatorName = (chain: string): ProcessName<MessageAggregatorCall> =>
  processName<MessageAggregatorCall>({ type: 'message_aggregator', id: chain });

/**
 * The process that owns a chain's de-duplication windows.
 *
 * Takes: `stats`. Owns: the `MessageAggregator`, lent to the hub, which the hot path calls without a message.
 * A restart loses the win statistics and the time of the restart: however the process ends, the hub takes no
 * decision without it and keeps what arrives (at most 1,024 events a stream, then they are lost and counted), and the next aggregator begins with the keys of the last one. What was forwarded
 * is not repeated, what arrived is not lost, subscribers notice nothing.
 */
const messageAggregatorServer: GenServer<MessageAggregatorArgs, State, MessageAggregatorCall> = {
  label: 'message_aggregator',
  init(self, { chain, options, hub, metrics }) {
    const aggregator = new MessageAggregator({ chain, ...options }, { metrics });
    // Not `terminate`: that does not run when the process is killed.
    self.system.watch(self.pid, () => hub.abandon(aggregator));
    hub.adopt(aggregator);
    return { aggregator, hub };
  },
  handleCall(_call, _from, { aggregator, hub }) {
    return reply({ aggregator: aggregator.stats(), hub: hub.stats() });
  },
  formatStatus: ({ aggregator, hub }) => {
    const { subscribers, streams } = hub.stats();
    return { streams: streams.length, subscribers, entries: aggregator.stats().entries };
  },
};

/** The specification of a chain's aggregator process. */
export function messageAggregatorChild(args: MessageAggregatorArgs): PlainChildSpec {
  return serverChild({
    id: 'message_aggregator',
    server: messageAggregatorServer,
    args,
    name: messageAggregatorName(args.chain),
    about: 'Owns the de-duplication windows: one sequence out of the streams of many providers.',
  });
}
