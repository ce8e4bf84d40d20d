import { join, resolve } from 'node:path';
import type { StorageConfig } from '../config/sections/storage/storage.ts';
import { connectionLimit, descriptorShares } from '../process-limits/connection-limit.ts';
import type { RespOptions } from '../resp/resp-options.ts';
import type { StoreOptions } from '../storage/channel/messages.ts';
import type { BatchOptions } from '../storage/channel/storage-channel.ts';
import { clientDefaults, type StorageClientOptions } from '../storage/client/client-options.ts';
import { storagePresets } from '../storage/client/presets.ts';
import type { StorageRuntimeOptions } from '../storage/runtime/storage-runtime.ts';

/** The stores of the config; their order is that of the indices in requests. */
export function storesOf({ directory, durability, stores }: StorageConfig): StoreOptions[] {
  return Object.entries(stores).map(([name, store]) => ({
    name,
    directory: join(resolve(directory), name),
    durability: store.durability ?? durability,
    maxBytes: store.max_bytes,
  }));
}

/** What the config means for the storage client. */
export function clientOptions(config: StorageConfig): StorageClientOptions {
  const { retry, restart_queue, priorities, channel } = config;
  const { high, normal, low } = clientDefaults.priorities;
  return {
    stores: storesOf(config),
    timeoutMs: config.timeout,
    maxCommands: channel.capacity,
    backpressureWaitMs: channel.backpressure_wait,
    retry: {
      ...clientDefaults.retry,
      attempts: retry.attempts,
      minDelayMs: retry.min_delay,
      maxDelayMs: retry.max_delay,
      jitter: retry.jitter,
    },
    restartQueue: { maxCalls: restart_queue.max_calls, maxWaitMs: restart_queue.max_wait },
    priorities: {
      high: { ...high, cap: priorities.high },
      normal: { ...normal, cap: priorities.normal },
      low: { ...low, cap: priorities.low },
    },
  };
}

/** What the config means for the storage threads and their processes. */
export function runtimeOptions(config: StorageConfig): StorageRuntimeOptions {
  const { channel, readers, circuit_breaker } = config;
  const preset = storagePresets[config.preset];
  return {
    thread: {
      stores: storesOf(config),
      sweepIntervalMs: config.sweep_interval,
      checkpointIntervalMs: config.checkpoint_interval,
      checkOnStart: config.check_on_start,
    },
    channel: {
      capacity: channel.capacity,
      window: Math.min(preset.window, Math.max(1, Math.floor(channel.capacity * channel.backpressure_at))),
      maxPendingBytes,
      batch: batchOptions(config, preset.batch),
    },
    readers: {
      min: readers.min,
      max: readers.max,
      scaleUpAt: readers.scale_up_at,
      scaleDownAt: readers.scale_down_at,
      cooldownMs: readers.cooldown,
      intervalMs: readers.interval,
    },
    breaker: {
      recoveryTimeoutMs: circuit_breaker.recovery_timeout,
      maxRecoveryTimeoutMs: circuit_breaker.max_recovery_timeout,
      jitter: circuit_breaker.jitter,
    },
  };
}

/** Bytes of commands under way to one thread; the default of the channel. */
const maxPendingBytes = 64 * 2 ** 20;

function batchOptions({ batch }: StorageConfig, preset: BatchOptions): BatchOptions {
  return {
    flush: preset.flush,
    maxCommands: batch.max_commands ?? preset.maxCommands,
    maxDelayMs: batch.max_delay ?? preset.maxDelayMs,
  };
}

/** What the config means for the RESP port; undefined when there is none. `store`: the index of the store behind it. */
export function respOptions(config: StorageConfig['resp'], store: number): RespOptions | undefined {
  if (config.port === undefined) return undefined;
  return {
    host: config.host,
    port: config.port,
    password: config.password,
    maxConnections: connectionLimit(config.max_connections, descriptorShares.resp),
    maxBulkBytes: config.max_bulk_length,
    maxArguments: config.max_arguments,
    maxInlineBytes: config.max_inline_length,
    maxOutputBytes: config.max_output_buffer,
    maxTotalOutputBytes: config.max_total_output_buffer,
    idleTimeoutMs: config.idle_timeout,
    store,
  };
}
