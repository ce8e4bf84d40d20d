import { counterDefinition } from '../telemetry/metrics.ts';

/** Metrics of the calls that a chain's feed makes itself; over `trunkline_block_logs_blocks_total` they are the cost of a block. */
export const chainReadMetrics = {
  calls: counterDefinition({
    name: 'trunkline_chain_read_calls_total',
    help: 'Calls sent upstream to keep the feed complete, by purpose: block (headers that were not announced), finality (safe and finalized marks) or logs.',
    labels: ['chain', 'purpose'],
  }),
} as const;
