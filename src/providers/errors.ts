import type { ErrorCatalogue } from '../errors/trunkline-error.ts';

/** Why an attempt at a provider failed; the codes of `AttemptOutcome` and of the reasons that a client may see. */
export const providerErrors = {
  breaker_open: {
    sentence: 'The circuit breaker of every transport of the provider is open: it failed too often just now.',
    retryable: true,
  },
  connect_timeout: {
    sentence: 'No connection to the provider came about within `http.connect_timeout`.',
    retryable: true,
    penalizesBreaker: true,
  },
  connection_refused: {
    sentence: 'Nothing listens at the address of the provider, or its host is unreachable.',
    retryable: true,
    penalizesBreaker: true,
  },
  connection_lost: {
    sentence: 'The provider closed or reset the connection before its answer began.',
    retryable: true,
    penalizesBreaker: true,
  },
  dns_failed: {
    sentence: "The name of the provider's host did not resolve.",
    retryable: true,
    penalizesBreaker: true,
  },
  tls_failed: {
    sentence: 'The TLS handshake with the provider failed, or its certificate is not valid for its name.',
    retryable: true,
    penalizesBreaker: true,
  },
  attempt_timeout: {
    sentence: 'The provider did not answer in whole within the time of the attempt.',
    retryable: true,
    penalizesBreaker: true,
  },
  provider_stalled: {
    sentence: 'The provider has gone silent under several requests and a probe; its breaker was opened.',
    retryable: true,
    penalizesBreaker: true,
  },
  body_cut: {
    sentence: 'The connection ended in the middle of the answer.',
    retryable: true,
    penalizesBreaker: true,
  },
  bad_http: {
    sentence: 'The provider answered with something that is not HTTP/1.1.',
    retryable: true,
    penalizesBreaker: true,
  },
  http_status: {
    sentence: 'The provider answered with an HTTP status that is a failure.',
    retryable: true,
    penalizesBreaker: true,
  },
  redirected: {
    sentence:
      'The provider answered with a redirect; redirects are never followed, put the final URL into the config.',
    retryable: true,
    penalizesBreaker: true,
  },
  bad_response: {
    sentence: 'The answer is not one whole JSON-RPC response: cut, not JSON, or of another shape.',
    retryable: true,
    penalizesBreaker: true,
  },
  wrong_id: {
    sentence: 'The answer carries the id of another request.',
    retryable: true,
    penalizesBreaker: true,
  },
  response_too_large: {
    sentence: 'The answer exceeds `server.max_response_bytes`.',
    retryable: true,
  },
  rate_limited: {
    sentence: 'The provider limits the request rate; it is left alone until its cool-down ends.',
    retryable: true,
  },
  rpc_error: {
    sentence: 'The provider answered with a JSON-RPC error that another provider may not have.',
    retryable: true,
  },
  queue_full: {
    sentence: 'As many requests wait for a connection to the provider as may.',
    retryable: true,
  },
  websocket_closed: {
    sentence: "The provider's WebSocket is not open.",
    retryable: true,
    penalizesBreaker: true,
  },
  websocket_busy: {
    sentence: "The provider's WebSocket has as many requests or unsent bytes as it may have.",
    retryable: true,
  },
  subscribe_refused: {
    sentence: 'The provider refused the subscription, or did not confirm it in time.',
    retryable: true,
  },
  upstream_subscription_limit: {
    sentence: "The provider's WebSocket holds as many subscriptions as it may.",
    retryable: true,
  },
  wrong_chain: {
    sentence:
      'The provider serves another chain than the configured one; it gets no traffic until that changes.',
  },
  provider_stopped: {
    sentence: 'The provider was taken out while the request ran.',
    retryable: true,
  },
} as const satisfies ErrorCatalogue;

/** A code of `providerErrors`. */
export type ProviderErrorCode = keyof typeof providerErrors;
