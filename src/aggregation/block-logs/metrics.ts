import { counterDefinition, gaugeDefinition, histogramDefinition } from '../../telemetry/metrics.ts';

/** Metrics of how the logs of canonical blocks are had. */
export const blockLogsMetrics = {
  blocks: counterDefinition({
    name: 'trunkline_block_logs_blocks_total',
    help: 'Blocks by where their logs came from: unasked (nobody wants logs), bloom (excluded, no call), raced (subscriptions, no call), kept (had before, no call) or fetched.',
    labels: ['chain', 'source'],
  }),
  repeats: counterDefinition({
    name: 'trunkline_block_logs_repeats_total',
    help: 'Times that all providers were asked for the logs of a block and none gave any to believe.',
    labels: ['chain'],
  }),
  unverified: counterDefinition({
    name: 'trunkline_block_logs_unverified_total',
    help: 'Answers of a provider that were not believed: malformed, missing (fewer logs than the bloom says) or extra (more).',
    labels: ['chain', 'provider', 'reason'],
  }),
  duration: histogramDefinition({
    name: 'trunkline_block_logs_seconds',
    help: 'Time until the logs of a block were had and verified, where the bloom did not exclude them.',
    labels: ['chain'],
  }),
  waiting: gaugeDefinition({
    name: 'trunkline_block_logs_waiting',
    help: 'Blocks whose logs are being gathered.',
    labels: ['chain'],
  }),
  unreliable: gaugeDefinition({
    name: 'trunkline_block_logs_bloom_unreliable',
    help: '1: the blooms of this chain do not tell its logs; each block is fetched.',
    labels: ['chain'],
  }),
  keptBytes: gaugeDefinition({
    name: 'trunkline_block_logs_kept_bytes',
    help: 'Bytes of logs that are kept of recent blocks, verified or still arriving.',
    labels: ['chain'],
  }),
  evicted: counterDefinition({
    name: 'trunkline_block_logs_evicted_total',
    help: 'Blocks whose raced logs were dropped for want of room before they were asked for.',
    labels: ['chain'],
  }),
} as const;
