import { counterDefinition, gaugeDefinition, histogramDefinition } from '../telemetry/metrics.ts';

/** The metrics of `src/providers`. */
export const providerMetrics = {
  attempts: counterDefinition({
    name: 'trunkline_provider_attempts_total',
    help: 'Attempts at a provider, by transport and by how they ended: "answer", a failure class, or "cancelled".',
    labels: ['chain', 'provider', 'transport', 'outcome'],
  }),
  failures: counterDefinition({
    name: 'trunkline_provider_failures_total',
    help: 'Failed attempts at a provider by error code.',
    labels: ['chain', 'provider', 'code'],
  }),
  duration: histogramDefinition({
    name: 'trunkline_provider_attempt_duration_seconds',
    help: 'Time from the start of an attempt to its answer or failure; cancelled attempts are left out.',
    labels: ['chain', 'provider'],
  }),
  inFlight: gaugeDefinition({
    name: 'trunkline_provider_in_flight',
    help: 'Attempts that run at a provider now.',
    labels: ['chain', 'provider'],
  }),
  queued: gaugeDefinition({
    name: 'trunkline_provider_queued',
    help: 'Attempts that wait for one of the HTTP connections to a provider.',
    labels: ['chain', 'provider'],
  }),
  up: gaugeDefinition({
    name: 'trunkline_provider_up',
    help: 'Whether a provider may get traffic by its health checks: 1 for "up", else 0.',
    labels: ['chain', 'provider'],
  }),
  head: gaugeDefinition({
    name: 'trunkline_provider_head',
    help: 'Newest block number that a provider reported.',
    labels: ['chain', 'provider'],
  }),
  cooling: gaugeDefinition({
    name: 'trunkline_provider_cooling',
    help: 'Whether a provider is left alone because it limited our rate.',
    labels: ['chain', 'provider'],
  }),
  unsupportedMethods: gaugeDefinition({
    name: 'trunkline_provider_unsupported_methods',
    help: 'Methods that a provider said it does not serve, as far as they are remembered.',
    labels: ['chain', 'provider'],
  }),
  scrubbedAnswers: counterDefinition({
    name: 'trunkline_provider_scrubbed_answers_total',
    help: 'JSON-RPC errors of a provider that held its own address or key and were rewritten without it.',
    labels: ['chain', 'provider'],
  }),
  unknownErrors: counterDefinition({
    name: 'trunkline_provider_unknown_errors_total',
    help: 'JSON-RPC errors of a provider that no rule of the chain family knows.',
    labels: ['chain', 'provider'],
  }),
  breakerState: gaugeDefinition({
    name: 'trunkline_breaker_state',
    help: 'State of a circuit breaker: 0 closed, 1 half-open, 2 open, 3 without its process.',
    labels: ['chain', 'provider', 'transport'],
  }),
  breakerOpenings: counterDefinition({
    name: 'trunkline_breaker_openings_total',
    help: 'Times that a circuit breaker opened.',
    labels: ['chain', 'provider', 'transport'],
  }),
  probes: counterDefinition({
    name: 'trunkline_provider_probes_total',
    help: 'Health probes by what they asked for and whether the answer was sound.',
    labels: ['chain', 'provider', 'probe', 'result'],
  }),
  socketOpen: gaugeDefinition({
    name: 'trunkline_provider_websocket_open',
    help: "Whether a provider's WebSocket is connected.",
    labels: ['chain', 'provider'],
  }),
  socketConnects: counterDefinition({
    name: 'trunkline_provider_websocket_connects_total',
    help: "Attempts to connect a provider's WebSocket by result.",
    labels: ['chain', 'provider', 'result'],
  }),
  socketPending: gaugeDefinition({
    name: 'trunkline_provider_websocket_pending',
    help: "Requests on a provider's WebSocket that wait for their answer.",
    labels: ['chain', 'provider'],
  }),
  socketSubscriptions: gaugeDefinition({
    name: 'trunkline_provider_websocket_subscriptions',
    help: "Upstream subscriptions on a provider's WebSocket.",
    labels: ['chain', 'provider'],
  }),
  socketEvents: counterDefinition({
    name: 'trunkline_provider_websocket_events_total',
    help: "Subscription notifications that arrived on a provider's WebSocket.",
    labels: ['chain', 'provider'],
  }),
  socketDropped: counterDefinition({
    name: 'trunkline_provider_websocket_dropped_total',
    help: "Frames on a provider's WebSocket that nobody waited for, or that were not JSON-RPC.",
    labels: ['chain', 'provider'],
  }),
} as const;
