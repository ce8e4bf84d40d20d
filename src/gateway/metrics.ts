import { counterDefinition, gaugeDefinition, histogramDefinition } from '../telemetry/metrics.ts';

const durationBuckets = [0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30];

/** Metrics of the client-facing side. */
export const gatewayMetrics = {
  requests: counterDefinition({
    name: 'trunkline_requests_total',
    help: 'JSON-RPC calls by how they ended: answered, upstream_error (a JSON-RPC error of the upstream), refused (by Trunkline, before any dispatch), failed.',
    labels: ['chain', 'method', 'outcome'],
  }),
  requestDuration: histogramDefinition({
    name: 'trunkline_request_duration_seconds',
    help: 'Time from a complete request to its answer.',
    labels: ['chain', 'method'],
    buckets: durationBuckets,
  }),
  inFlight: gaugeDefinition({
    name: 'trunkline_requests_in_flight',
    help: 'Calls that wait for their answer.',
    labels: [],
  }),
  shed: counterDefinition({
    name: 'trunkline_requests_shed_total',
    help: 'Calls refused because too many were in flight, or because of draining.',
    labels: ['reason'],
  }),
  retries: counterDefinition({
    name: 'trunkline_retries_total',
    help: 'Dispatches after the first, hedges not included.',
    labels: ['chain'],
  }),
  retriesDelayed: counterDefinition({
    name: 'trunkline_retries_delayed_total',
    help: 'Retries that waited for room in the retry budget.',
    labels: ['chain'],
  }),
  retriesWaiting: gaugeDefinition({
    name: 'trunkline_retries_waiting',
    help: 'Calls that wait for room in the retry budget.',
    labels: ['chain'],
  }),
  waits: counterDefinition({
    name: 'trunkline_requests_waited_total',
    help: 'Calls that found nobody to answer and waited for a provider whose processes were being started.',
    labels: ['chain'],
  }),
  hedges: counterDefinition({
    name: 'trunkline_hedges_total',
    help: 'Second dispatches beside a slow first one.',
    labels: ['chain'],
  }),
  abandoned: gaugeDefinition({
    name: 'trunkline_attempts_abandoned',
    help: 'Dispatches whose call is answered already and that are still watched, so that a silent provider is noticed.',
    labels: ['chain'],
  }),
  rawWriteLookups: counterDefinition({
    name: 'trunkline_raw_write_lookups_total',
    help: 'Transactions looked up by hash because their sending ended ambiguously, by what was found.',
    labels: ['chain', 'result'],
  }),
  filters: gaugeDefinition({ name: 'trunkline_filters', help: 'Installed filters.', labels: ['chain'] }),
  filtersEvicted: counterDefinition({
    name: 'trunkline_filters_evicted_total',
    help: 'Filters forgotten, by the chain they were of: idle, or limit, which counts the filters of all chains together.',
    labels: ['chain', 'reason'],
  }),
  connections: gaugeDefinition({
    name: 'trunkline_client_connections',
    help: 'Open client connections: tcp, all of them; websocket, those of them that are WebSockets; sse, those that carry server-sent events.',
    labels: ['transport'],
  }),
  connectionsRefused: counterDefinition({
    name: 'trunkline_client_connections_refused_total',
    help: 'Connections closed at once because `server.max_connections`, or what the file descriptors allow, are open.',
    labels: [],
  }),
  httpRequests: counterDefinition({
    name: 'trunkline_http_requests_total',
    help: 'HTTP requests by route and status.',
    labels: ['route', 'status'],
  }),
  socketMessages: counterDefinition({
    name: 'trunkline_socket_messages_total',
    help: 'WebSocket messages of clients; events of the feed are counted in trunkline_feed_frames_delivered_total instead.',
    labels: ['direction'],
  }),
  subscriptions: gaugeDefinition({
    name: 'trunkline_client_subscriptions',
    help: 'Subscriptions held by clients.',
    labels: ['chain'],
  }),
  slowClients: counterDefinition({
    name: 'trunkline_slow_clients_closed_total',
    help: 'WebSockets closed because the client did not read `server.ws.max_buffered_bytes` in time.',
    labels: [],
  }),
} as const;
