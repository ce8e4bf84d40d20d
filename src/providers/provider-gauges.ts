import { breakerStateValues } from '../circuit-breaker/breaker-state-values.ts';
import type { MetricRegistry } from '../telemetry/metrics.ts';
import { providerMetrics } from './metrics.ts';
import type { Provider } from './provider.ts';

/** Makes what a provider knows about itself visible as gauges, read when Prometheus asks. */
export function exposeProvider(provider: Provider, metrics: MetricRegistry): void {
  const labels = { chain: provider.chain, provider: provider.id };
  const { http, socket, httpBreaker, socketBreaker } = provider;
  metrics.gauge(providerMetrics.inFlight, labels, () => provider.inFlight);
  metrics.gauge(providerMetrics.up, labels, () => Number(provider.state === 'up'));
  metrics.gauge(providerMetrics.head, labels, () => provider.head ?? 0);
  metrics.gauge(providerMetrics.cooling, labels, () =>
    Number(provider.coolDown.isCooling(provider.clock.now())),
  );
  metrics.gauge(providerMetrics.unsupportedMethods, labels, () => provider.unsupported.size);
  if (http !== undefined) metrics.gauge(providerMetrics.queued, labels, () => http.queued);
  if (httpBreaker !== undefined) {
    const own = { ...labels, transport: 'http' };
    metrics.gauge(providerMetrics.breakerState, own, () => breakerStateValues[httpBreaker.state]);
  }
  if (socket === undefined) return;
  metrics.gauge(providerMetrics.socketOpen, labels, () => Number(socket.isConnected));
  metrics.gauge(providerMetrics.socketPending, labels, () => socket.inFlight);
  metrics.gauge(providerMetrics.socketSubscriptions, labels, () => socket.subscriptionCount);
  if (socketBreaker !== undefined) {
    const own = { ...labels, transport: 'websocket' };
    metrics.gauge(providerMetrics.breakerState, own, () => breakerStateValues[socketBreaker.state]);
  }
}

/** Takes the gauges of a provider that was taken out away; its counters stay, as sums over time. */
export function hideProvider(provider: Provider, metrics: MetricRegistry): void {
  const labels = { chain: provider.chain, provider: provider.id };
  const own = [
    providerMetrics.inFlight,
    providerMetrics.up,
    providerMetrics.head,
    providerMetrics.cooling,
    providerMetrics.unsupportedMethods,
    providerMetrics.queued,
    providerMetrics.socketOpen,
    providerMetrics.socketPending,
    providerMetrics.socketSubscriptions,
  ];
  for (const definition of own) metrics.remove(definition, labels);
  for (const transport of ['http', 'websocket'])
    metrics.remove(providerMetrics.breakerState, { ...labels, transport });
}
