import { counterDefinition, gaugeDefinition } from '../../telemetry/metrics.ts';

/** Metrics of what the readers of a chain ask for. */
export const demandMetrics = {
  patterns: gaugeDefinition({
    name: 'trunkline_demand_log_patterns',
    help: 'Distinct patterns of logs that are gathered for somebody, or were until a short while ago.',
    labels: ['chain'],
  }),
  widened: counterDefinition({
    name: 'trunkline_demand_widened_total',
    help: 'Claims that were turned into one on all logs of the chain, as there were too many distinct patterns.',
    labels: ['chain'],
  }),
} as const;
