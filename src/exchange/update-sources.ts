import type { ChainCalls } from '../chains/chain-calls.ts';
import type { Commitment } from '../chains/solana/commitment.ts';
import type { Clock } from '../clock/clock.ts';
import { geyserSection } from '../config/sections/geyser.ts';
import type { ChainRuntime } from '../gateway/chain-directory.ts';
import type { PlainChildSpec } from '../otp/child-spec.ts';
import type { GeyserEndpointOptions } from '../sources/geyser/geyser-options.ts';
import { GeyserSource, geyserSourceChildren } from '../sources/geyser/geyser-source.ts';
import { LogsSource } from '../sources/logs/logs-source.ts';
import { logsSourceChild } from '../sources/logs/logs-source-process.ts';
import type { SourceListener, UpdateSource } from '../sources/source.ts';
import type { Log } from '../telemetry/log.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';

export interface UpdateSourceParts {
  readonly chain: ChainRuntime;
  /** What it is for, where there are several of a commitment; '': for all else. */
  readonly purpose: string;
  readonly endpoints: readonly GeyserEndpointOptions[];
  readonly listener: SourceListener;
  readonly calls: ChainCalls;
  readonly clock: Clock;
  readonly log: Log;
  readonly metrics: MetricRegistry;
  /** Uniform in [0, 1). */
  readonly random: () => number;
}

/** A source and what makes it run. */
export interface MadeSource {
  readonly source: UpdateSource;
  readonly children: readonly PlainChildSpec[];
}

/** A source of a chain's updates, as its config has it. */
export function makeSource(
  name: UpdateSource['name'],
  commitment: Commitment,
  parts: UpdateSourceParts,
): MadeSource {
  return name === 'geyser' ? geyserSource(commitment, parts) : logsSource(commitment, parts);
}

function geyserSource(
  commitment: Commitment,
  { chain, endpoints, purpose, ...deps }: UpdateSourceParts,
): MadeSource {
  // An embedded chain has endpoints without a section.
  const geyser = chain.config.geyser ?? geyserSection.parse({});
  const source = new GeyserSource(
    {
      chain: chain.name,
      commitment,
      purpose,
      mode: geyser.mode,
      endpoints,
      maxMessageBytes: geyser.max_message_bytes,
      keepaliveIntervalMs: geyser.keepalive_interval,
      keepaliveTimeoutMs: geyser.keepalive_timeout,
      pingIntervalMs: geyser.ping_interval,
      stallTimeoutMs: geyser.stall_timeout,
      connectTimeoutMs: geyser.connect_timeout,
      reconnectMinMs: geyser.reconnect_min,
      reconnectMaxMs: geyser.reconnect_max,
      maxBackfill: geyser.max_backfill,
    },
    deps,
  );
  return { source, children: geyserSourceChildren(source) };
}

function logsSource(commitment: Commitment, { chain, purpose, ...deps }: UpdateSourceParts): MadeSource {
  const source = new LogsSource(
    { chain: chain.name, commitment, purpose },
    {
      ...deps,
      streams: {
        subscribe: (params, subscriber) => {
          const { hub } = chain;
          if (hub === undefined) return Promise.reject(new Error('the streams of the chain are restarting'));
          return hub.subscribe(params, subscriber);
        },
      },
    },
  );
  return { source, children: [logsSourceChild(source)] };
}
