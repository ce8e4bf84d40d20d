import { counterDefinition, gaugeDefinition } from '../telemetry/metrics.ts';

/** Metrics of the RESP port. */
export const respMetrics = {
  connections: gaugeDefinition({
    name: 'trunkline_resp_connections',
    help: 'Open connections of Redis clients.',
    labels: [],
  }),
  connectionsAccepted: counterDefinition({
    name: 'trunkline_resp_connections_accepted_total',
    help: 'Connections of Redis clients that were taken.',
    labels: [],
  }),
  connectionsClosed: counterDefinition({
    name: 'trunkline_resp_connections_closed_total',
    help: 'Connections that Trunkline ended: too_many (at the start), protocol_error, http (a browser was made to speak to the port), output_limit (the client did not read, and too much waited for it or for all), query_limit (large commands that came in parts took too much memory together), idle, unauthenticated (no password within the time for it), killed (CLIENT KILL).',
    labels: ['reason'],
  }),
  commands: counterDefinition({
    name: 'trunkline_resp_commands_total',
    help: 'Commands of Redis clients by name; "unknown" for those that do not exist.',
    labels: ['command'],
  }),
  refused: counterDefinition({
    name: 'trunkline_resp_commands_refused_total',
    help: 'Commands answered with an error before they reached the storage: unknown, arguments, unauthenticated, context; and after: storage, when the runtime did not answer.',
    labels: ['reason'],
  }),
  authenticationFailures: counterDefinition({
    name: 'trunkline_resp_authentication_failures_total',
    help: 'AUTH and HELLO with a wrong password or user.',
    labels: [],
  }),
  received: counterDefinition({
    name: 'trunkline_resp_received_bytes_total',
    help: 'Bytes received from Redis clients.',
    labels: [],
  }),
  sent: counterDefinition({
    name: 'trunkline_resp_sent_bytes_total',
    help: 'Bytes handed to the sockets of Redis clients.',
    labels: [],
  }),
  inFlight: gaugeDefinition({
    name: 'trunkline_resp_commands_in_flight',
    help: 'Commands of Redis clients that wait for the storage runtime.',
    labels: [],
  }),
  output: gaugeDefinition({
    name: 'trunkline_resp_output_bytes',
    help: 'Bytes of replies and messages that wait for Redis clients.',
    labels: [],
  }),
  held: gaugeDefinition({
    name: 'trunkline_resp_query_bytes',
    help: 'Bytes of memory that hold commands of which parts are missing.',
    labels: [],
  }),
  paused: counterDefinition({
    name: 'trunkline_resp_reads_paused_total',
    help: 'Times that a connection was not read for a while because as many commands were in flight as may.',
    labels: [],
  }),
  subscriptions: gaugeDefinition({
    name: 'trunkline_resp_subscriptions',
    help: 'Channels and patterns that Redis clients are subscribed to.',
    labels: [],
  }),
  published: counterDefinition({
    name: 'trunkline_resp_messages_published_total',
    help: 'Messages published on channels.',
    labels: [],
  }),
  delivered: counterDefinition({
    name: 'trunkline_resp_messages_delivered_total',
    help: 'Messages handed to subscribed connections, each counted.',
    labels: [],
  }),
  cursorsForgotten: counterDefinition({
    name: 'trunkline_resp_cursors_forgotten_total',
    help: 'SCAN cursors forgotten because too many were open; going on with one gives `ERR invalid cursor`.',
    labels: [],
  }),
} as const;
