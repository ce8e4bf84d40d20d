import { counterDefinition, gaugeDefinition, histogramDefinition } from '../../telemetry/metrics.ts';

/** Metrics of the follower of a chain: what became canonical, and what it cost. */
export const canonicalMetrics = {
  adopted: counterDefinition({
    name: 'trunkline_canonical_blocks_total',
    help: 'Blocks that became part of the canonical chain; one that does so again counts again.',
    labels: ['chain'],
  }),
  backfilled: counterDefinition({
    name: 'trunkline_canonical_backfilled_blocks_total',
    help: 'Blocks that no provider announced and that were fetched because a later one descends from them.',
    labels: ['chain'],
  }),
  reorgs: histogramDefinition({
    name: 'trunkline_canonical_reorg_depth_blocks',
    help: 'Changes of branch, by how many blocks were orphaned.',
    labels: ['chain'],
    buckets: [1, 2, 3, 5, 8, 16, 32, 64, 128, 256],
  }),
  gapBlocks: counterDefinition({
    name: 'trunkline_canonical_gap_blocks_total',
    help: 'Blocks left out with a word to the readers, by reason: outage or chain_reset.',
    labels: ['chain', 'reason'],
  }),
  failedFetches: counterDefinition({
    name: 'trunkline_canonical_failed_fetches_total',
    help: 'Blocks that were asked for and not had, or not believed, by what was fetched: header or finality; they are asked for again.',
    labels: ['chain', 'what'],
  }),
  tip: gaugeDefinition({
    name: 'trunkline_canonical_tip_number',
    help: 'The number of the newest canonical block that was handed over.',
    labels: ['chain'],
  }),
  lag: gaugeDefinition({
    name: 'trunkline_canonical_lag_seconds',
    help: 'How much older the newest canonical block that was handed over is than the best head, by their timestamps.',
    labels: ['chain'],
  }),
  treeBlocks: gaugeDefinition({
    name: 'trunkline_canonical_tree_blocks',
    help: 'Blocks held in the tree of recent blocks.',
    labels: ['chain'],
  }),
  treeDropped: counterDefinition({
    name: 'trunkline_canonical_tree_dropped_total',
    help: 'Blocks dropped because the tree was full; the oldest ones are, and they are fetched again when they are needed.',
    labels: ['chain'],
  }),
} as const;
