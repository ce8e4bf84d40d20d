import { counterDefinition, gaugeDefinition, histogramDefinition } from '../telemetry/metrics.ts';

const labels = ['pipeline'] as const;

/** Metrics of pipelines. */
export const pipelineMetrics = {
  received: counterDefinition({
    name: 'trunkline_pipeline_received_total',
    help: 'Updates that a pipeline was given by its source.',
    labels,
  }),
  skipped: counterDefinition({
    name: 'trunkline_pipeline_skipped_total',
    help: 'Updates that came again after a restart and had been handled before.',
    labels,
  }),
  filtered: counterDefinition({
    name: 'trunkline_pipeline_filtered_total',
    help: 'Updates and instructions that were not for the parser of a pipeline.',
    labels,
  }),
  parsed: counterDefinition({
    name: 'trunkline_pipeline_parsed_total',
    help: 'Values that the parser of a pipeline made.',
    labels,
  }),
  parseErrors: counterDefinition({
    name: 'trunkline_pipeline_parse_errors_total',
    help: 'Updates and instructions that the parser of a pipeline could not read.',
    labels,
  }),
  handled: counterDefinition({
    name: 'trunkline_pipeline_handled_total',
    help: 'Values with which all handlers of a pipeline were done.',
    labels,
  }),
  handlerErrors: counterDefinition({
    name: 'trunkline_pipeline_handler_errors_total',
    help: 'Attempts of handlers that failed, by code: handler_timeout, handler_refused, or handler_failed for all others.',
    labels: ['pipeline', 'code'],
  }),
  retries: counterDefinition({
    name: 'trunkline_pipeline_retries_total',
    help: 'Times that a handler was tried again.',
    labels,
  }),
  deadLettered: counterDefinition({
    name: 'trunkline_pipeline_dead_lettered_total',
    help: 'Values that went to the dead letters of a pipeline.',
    labels,
  }),
  deadLetters: gaugeDefinition({
    name: 'trunkline_pipeline_dead_letters',
    help: 'Dead letters that a pipeline keeps.',
    labels,
  }),
  deadLettersLost: counterDefinition({
    name: 'trunkline_pipeline_dead_letters_lost_total',
    help: 'Dead letters that were removed because there were too many.',
    labels,
  }),
  dropped: counterDefinition({
    name: 'trunkline_pipeline_dropped_total',
    help: 'Updates that a pipeline left out because its buffer was full, by the policy.',
    labels: ['pipeline', 'policy'],
  }),
  spilled: counterDefinition({
    name: 'trunkline_pipeline_spilled_total',
    help: 'Updates that went to the storage because the buffer of a pipeline was full.',
    labels,
  }),
  spillBytes: gaugeDefinition({
    name: 'trunkline_pipeline_spill_bytes',
    help: 'Bytes of updates in the storage that wait for a pipeline.',
    labels,
  }),
  gaps: counterDefinition({
    name: 'trunkline_pipeline_gaps_total',
    help: 'Gaps that a pipeline told its handlers.',
    labels,
  }),
  retracted: counterDefinition({
    name: 'trunkline_pipeline_retracted_total',
    help: 'Values that were told again as removed, because their slot was abandoned.',
    labels,
  }),
  queueDepth: gaugeDefinition({
    name: 'trunkline_pipeline_queue_depth',
    help: 'Updates and values that wait in a pipeline.',
    labels,
  }),
  queueBytes: gaugeDefinition({
    name: 'trunkline_pipeline_queue_bytes',
    help: 'Bytes of updates that wait in the memory of a pipeline, with those whose values handlers have in hand; estimated.',
    labels,
  }),
  latency: histogramDefinition({
    name: 'trunkline_pipeline_latency_seconds',
    help: 'From the arrival of an update to the end of its last handler.',
    labels,
  }),
  slotLag: gaugeDefinition({
    name: 'trunkline_pipeline_slot_lag',
    help: 'Slots between the newest that the source has seen and the checkpoint of a pipeline; of `feed.<chain>`, the most.',
    labels,
  }),
  checkpoint: gaugeDefinition({
    name: 'trunkline_pipeline_checkpoint_slot',
    help: 'The slot up to which everything was handled, as it is stored; of `feed.<chain>`, the lowest.',
    labels,
  }),
  state: gaugeDefinition({
    name: 'trunkline_pipeline_state',
    help: '1 for the state in which a pipeline is: initializing, running, paused, error, shutdown; of `feed.<chain>`, how many are in it.',
    labels: ['pipeline', 'state'],
  }),
  cacheHits: counterDefinition({
    name: 'trunkline_pipeline_cache_hits_total',
    help: 'Look-ups that a cache of pipelines answered by itself, by cache: accounts, programs.',
    labels: ['chain', 'cache'],
  }),
  cacheMisses: counterDefinition({
    name: 'trunkline_pipeline_cache_misses_total',
    help: 'Look-ups for which a cache of pipelines had to ask the chain.',
    labels: ['chain', 'cache'],
  }),
  cacheEvictions: counterDefinition({
    name: 'trunkline_pipeline_cache_evictions_total',
    help: 'Entries that a full cache of pipelines gave up.',
    labels: ['chain', 'cache'],
  }),
  cacheEntries: gaugeDefinition({
    name: 'trunkline_pipeline_cache_entries',
    help: 'Entries in a cache of pipelines.',
    labels: ['chain', 'cache'],
  }),
} as const;
