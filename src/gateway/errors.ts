import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** Errors of Trunkline's own that a JSON-RPC client can meet, with the JSON-RPC code and HTTP status each is answered with. */
export const gatewayErrors = {
  unknown_chain: {
    sentence: 'No chain of that name, chain id or CAIP-2 id is configured; the message lists those that are.',
  },
  chain_unavailable: {
    sentence:
      'The chain is configured but none of its providers is, usually because their environment variables are unset.',
    retryable: true,
  },
  no_provider: {
    sentence: 'No provider could answer; `data.providers` says per provider why.',
    retryable: true,
  },
  method_unsupported: {
    sentence:
      'Each provider of the chain said that it does not have the method; they are asked again after `failover.unsupported_ttl`.',
  },
  deadline_exceeded: { sentence: 'No provider answered within `failover.deadline`.', retryable: true },
  outcome_unknown: {
    sentence:
      'A write may have reached a provider, but its answer was lost. Look for its effect before sending it again.',
  },
  overloaded: {
    sentence: 'Trunkline has `server.max_concurrent_requests` requests in flight; try again shortly.',
    retryable: true,
  },
  shutting_down: {
    sentence: 'Trunkline is draining before it stops; connect to another instance.',
    retryable: true,
  },
  subscriptions_need_websocket: { sentence: 'Subscriptions work over WebSocket only.' },
  subscription_limit: {
    sentence:
      'The connection holds `server.ws.max_subscriptions` subscriptions already; one of server-sent events holds one stream.',
  },
  subscription_not_found: { sentence: 'The connection has no subscription of that id.' },
  subscription_invalid: {
    sentence:
      'The method and its parameters name no subscription of the chain, or every provider refused it in the words of the message.',
  },
  criteria_invalid: {
    sentence: 'The log filter of eth_subscribe or eth_newFilter is malformed; the message names the place.',
  },
  subscription_unavailable: {
    sentence:
      'The chain has no provider configured, the event feed is not ready, or no provider with an open WebSocket took the subscription in time.',
    retryable: true,
  },
  feed_request_invalid: {
    sentence:
      'The parameters of feed_subscribe, or the query of GET /feed, do not say what is wanted; the message names the member.',
  },
  feed_method_unknown: {
    sentence: 'The WebSocket at /feed has feed_subscribe, feed_unsubscribe and feed_info only.',
  },
  filter_not_found: {
    sentence:
      'The filter id is unknown here: expired, uninstalled, never created through this Trunkline, or events were missed that no filter can tell of. Make a new one.',
  },
  filter_unavailable: {
    sentence:
      'The event feed that filters read from is starting or stopping, is full, or cannot be read at the moment.',
    retryable: true,
  },
  unknown_provider: { sentence: 'X-Trunkline-Use-Provider names a provider that the chain does not have.' },
  unknown_strategy: { sentence: '`?strategy=` names no selection strategy.' },
  host_forbidden: {
    sentence: 'The Host header is not one that this listener answers to; see `server.allowed_hosts`.',
  },
  origin_forbidden: {
    sentence: 'The Origin is not listed in `server.cors.origins` or `server.ws.allowed_origins`.',
  },
  body_too_large: { sentence: 'The request body exceeds `server.max_request_bytes`.' },
  unsupported_encoding: {
    sentence: 'The request body has a Content-Encoding other than gzip or identity, or does not decode.',
  },
  admin_unauthorized: {
    sentence: 'The admin API needs `Authorization: Bearer <token>` with the admin token.',
  },
  not_found: { sentence: 'No such path; `/` lists what is here, and JSON-RPC is at POST `/rpc/<chain>`.' },
  invalid_json: { sentence: 'The body of an admin request is not JSON.' },
  internal_error: { sentence: 'A bug in Trunkline cost this request; its log says more.' },
  port_in_use: { sentence: 'Another process listens on the configured port; choose another with --port.' },
} as const satisfies ErrorCatalogue;

export type GatewayErrorCode = keyof typeof gatewayErrors;

/** The JSON-RPC code that a gateway error is answered with (EIP-1474 where it has one). */
export const jsonRpcCodes: Readonly<Partial<Record<GatewayErrorCode, number>>> = {
  unknown_chain: -32001,
  chain_unavailable: -32002,
  no_provider: -32603,
  method_unsupported: -32601,
  deadline_exceeded: -32603,
  outcome_unknown: -32603,
  overloaded: -32005,
  shutting_down: -32005,
  subscriptions_need_websocket: -32601,
  subscription_limit: -32005,
  subscription_not_found: -32602,
  subscription_invalid: -32602,
  criteria_invalid: -32602,
  subscription_unavailable: -32603,
  filter_not_found: -32000,
  filter_unavailable: -32603,
  unknown_provider: -32602,
  unknown_strategy: -32602,
};
