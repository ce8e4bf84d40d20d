import { breakerProcess } from '../circuit-breaker/breaker-process.ts';
import type { CircuitBreaker } from '../circuit-breaker/circuit-breaker.ts';
import { type PlainChildSpec, serverChild, statemChild } from '../otp/child-spec.ts';
import type { Transport } from './attempt-counters.ts';
import { healthName, healthProcess } from './health-process.ts';
import { providerMetrics } from './metrics.ts';
import type { Provider } from './provider.ts';
import { providerBreakerName } from './provider-breaker-name.ts';
import { websocketName, websocketProcess } from './websocket-process.ts';

/** The breaker of one transport; undefined when the provider does not have that transport. */
function breakerChild(provider: Provider, transport: Transport): PlainChildSpec | undefined {
  const breaker: CircuitBreaker | undefined =
    transport === 'http' ? provider.httpBreaker : provider.socketBreaker;
  if (breaker === undefined) return undefined;
  const config = provider.options.chainConfig.circuit_breaker;
  return statemChild({
    id: transport === 'http' ? 'circuit_breaker:http' : 'circuit_breaker:ws',
    statem: breakerProcess,
    name: providerBreakerName(provider.chain, provider.id, transport),
    about: `Decides when a ${transport} circuit breaker that opened lets requests through again.`,
    args: {
      breaker,
      fields: { transport },
      log: provider.log,
      random: provider.random,
      prober: healthName(provider.chain, provider.id),
      openings: provider.metrics.counter(providerMetrics.breakerOpenings, {
        chain: provider.chain,
        provider: provider.id,
        transport,
      }),
      options: {
        recoveryTimeoutMs: config.recovery_timeout,
        maxRecoveryTimeoutMs: config.max_recovery_timeout,
        jitter: config.jitter,
      },
    },
  });
}

/** The WebSocket; undefined for a provider without a `ws_url`. */
function websocketChild(provider: Provider): PlainChildSpec | undefined {
  const { socket, metrics } = provider;
  if (socket === undefined) return undefined;
  const config = provider.options.chainConfig.websocket;
  const labels = { chain: provider.chain, provider: provider.id };
  return statemChild({
    id: 'websocket',
    statem: websocketProcess,
    name: websocketName(provider.chain, provider.id),
    about: 'Keeps the WebSocket connected: pings, half-open detection, reconnects with jittered waits.',
    args: {
      socket,
      reconnectMinMs: config.reconnect_min,
      reconnectMaxMs: config.reconnect_max,
      log: provider.log,
      random: provider.random,
      connects: {
        ok: metrics.counter(providerMetrics.socketConnects, { ...labels, result: 'ok' }),
        failed: metrics.counter(providerMetrics.socketConnects, { ...labels, result: 'failed' }),
      },
    },
  });
}

/** The health probe. */
function healthChild(provider: Provider): PlainChildSpec {
  return serverChild({
    id: 'health_probe',
    server: healthProcess,
    args: { provider },
    name: healthName(provider.chain, provider.id),
    about:
      'Verifies the chain id before any traffic, watches syncing and head, probes a provider that went silent.',
  });
}

/** The children of one provider's supervisor, in the order of their start; the strategy that fits is one_for_one. */
export function providerChildren(provider: Provider): PlainChildSpec[] {
  return [
    breakerChild(provider, 'http'),
    breakerChild(provider, 'websocket'),
    websocketChild(provider),
    healthChild(provider),
  ].filter(child => child !== undefined);
}
