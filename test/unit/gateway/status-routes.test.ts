import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { StatusRoutes } from '../../../src/gateway/status-routes.ts';
import { HealthRegistry, type HealthStatus } from '../../../src/telemetry/health-registry.ts';
import { counterDefinition, metricsContentType } from '../../../src/telemetry/metrics.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeResponse } from './fake-http.ts';

function setUp() {
  const health = new HealthRegistry();
  const metrics = new PromMetricRegistry();
  const state = { live: 'ok' as HealthStatus, ready: 'ok' as HealthStatus, isDraining: false };
  health.register('event_loop', 'liveness', () => state.live);
  health.register('chains', 'readiness', () => ({ status: state.ready, details: { serving: ['devnet'] } }));
  const routes = new StatusRoutes({
    health,
    metrics,
    stats: () => ({ version: '1', chains: [] }),
    isDraining: () => state.isDraining,
    services: path =>
      path === '/sessions/health'
        ? { status: 503, body: { status: 'failed', why: 'no balance' } }
        : undefined,
  });
  const get = (path: string) => {
    const response = new FakeResponse();
    return { isHandled: routes.handle(path, response.asResponse), response };
  };
  return { state, metrics, get };
}

describe('StatusRoutes', () => {
  it('is alive while the process is, whatever the chains do', () => {
    const { state, get } = setUp();
    state.ready = 'failed';
    assert.equal(get('/health').response.status, 200);
    state.live = 'failed';
    assert.equal(get('/health').response.status, 503);
  });

  it('is ready while traffic can be served, degraded too', () => {
    const { state, get } = setUp();
    const { response } = get('/ready');
    assert.equal(response.status, 200);
    assert.deepEqual(response.json.checks, {
      event_loop: { status: 'ok' },
      chains: { status: 'ok', details: { serving: ['devnet'] } },
    });
    state.ready = 'degraded';
    assert.equal(get('/ready').response.status, 200);
    state.ready = 'failed';
    assert.equal(get('/ready').response.status, 503);
  });

  it('is not ready while it drains, and alive all the same', () => {
    const { state, get } = setUp();
    state.isDraining = true;
    assert.equal(get('/ready').response.status, 503);
    assert.equal(get('/ready').response.json.status, 'failed');
    assert.equal(get('/health').response.status, 200);
  });

  it('shows statistics as JSON that nobody caches', () => {
    const { response } = setUp().get('/stats');
    assert.deepEqual(response.json, { version: '1', chains: [] });
    assert.equal(response.headers['content-type'], 'application/json');
    assert.equal(response.headers['cache-control'], 'no-store');
    assert.equal(Number(response.headers['content-length']), Buffer.byteLength(response.text));
  });

  it('shows metrics in the format that Prometheus reads', async () => {
    const { metrics, get } = setUp();
    metrics.counter(counterDefinition({ name: 'trunkline_test_total', help: 'A test.' })).inc(3);
    const { response } = get('/metrics');
    await eventually(() => response.isEnded, 'the metrics');
    assert.equal(response.headers['content-type'], metricsContentType);
    assert.match(response.text, /trunkline_test_total 3/);
  });

  it('answers 500 when the metrics cannot be written out', async () => {
    const { metrics, get } = setUp();
    metrics.expose = () => Promise.reject(new Error('broken'));
    const { response } = get('/metrics');
    await eventually(() => response.isEnded, 'an answer');
    assert.equal(response.status, 500);
  });

  it('answers for a service what it says of itself, with its status', () => {
    const { response } = setUp().get('/sessions/health');
    assert.equal(response.status, 503);
    assert.deepEqual(response.json, { status: 'failed', why: 'no balance' });
    assert.equal(setUp().get('/sessions').isHandled, false);
  });

  it('leaves other paths to others', () => {
    assert.equal(setUp().get('/health/').isHandled, false);
    assert.equal(setUp().get('/stats.json').isHandled, false);
  });
});
