import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { EventLoopMonitor } from '../../../src/telemetry/event-loop-monitor.ts';
import { eventLoopCheck, HealthRegistry } from '../../../src/telemetry/health-registry.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { parseExposition } from './support/parse-exposition.ts';

describe('HealthRegistry', () => {
  it('is ok without checks', () => {
    assert.deepEqual(new HealthRegistry().readiness(), { status: 'ok', checks: {} });
  });

  it('takes the worst status of its checks', () => {
    const health = new HealthRegistry();
    health.register('a', 'readiness', () => 'ok');
    health.register('b', 'readiness', () => ({
      status: 'degraded',
      reason: 'one provider of three is down',
    }));
    assert.equal(health.readiness().status, 'degraded');
    health.register('c', 'readiness', () => 'failed');
    health.register('d', 'readiness', () => 'ok');
    assert.equal(health.readiness().status, 'failed');
    assert.deepEqual(health.readiness().checks.b, {
      status: 'degraded',
      reason: 'one provider of three is down',
    });
  });

  it('answers liveness from the liveness checks alone and readiness from all', () => {
    const health = new HealthRegistry();
    health.register('chains', 'readiness', () => 'failed');
    health.register('event_loop', 'liveness', () => 'ok');
    assert.deepEqual(Object.keys(health.liveness().checks), ['event_loop']);
    assert.equal(health.liveness().status, 'ok');
    assert.deepEqual(Object.keys(health.readiness().checks), ['chains', 'event_loop']);
  });

  it('counts a check that throws as failed and keeps its text to itself', () => {
    const health = new HealthRegistry();
    health.register('broken', 'liveness', () => {
      throw new Error('https://host/secret');
    });
    const report = health.liveness();
    assert.equal(report.status, 'failed');
    assert.doesNotMatch(JSON.stringify(report), /secret/);
  });

  it('replaces a check of the same name, and the old owner cannot take the new one out', () => {
    const health = new HealthRegistry();
    const removeOld = health.register('gateway', 'readiness', () => 'failed');
    const removeNew = health.register('gateway', 'readiness', () => 'ok');
    removeOld();
    assert.equal(health.readiness().checks.gateway?.status, 'ok');
    removeNew();
    assert.deepEqual(health.readiness().checks, {});
  });

  it('exposes each check as a gauge until it is taken out', async () => {
    const metrics = new PromMetricRegistry();
    const health = new HealthRegistry({ metrics });
    const remove = health.register('a', 'readiness', () => 'degraded');
    health.register('b', 'readiness', () => 'ok');
    let exposition = parseExposition(await metrics.expose());
    assert.equal(exposition.value('trunkline_health_status', { check: 'a' }), 0.5);
    assert.equal(exposition.value('trunkline_health_status', { check: 'b' }), 1);
    remove();
    exposition = parseExposition(await metrics.expose());
    assert.equal(exposition.value('trunkline_health_status', { check: 'a' }), undefined);
  });
});

describe('eventLoopCheck', () => {
  const statusAt = (p99Ms: number) => {
    const monitor = { read: () => ({ p50Ms: 0, p99Ms, maxMs: p99Ms, utilization: 0.2 }) };
    const result = eventLoopCheck(monitor as unknown as EventLoopMonitor)();
    return typeof result === 'string' ? result : result.status;
  };

  it('is degraded when the loop is late and failed when it is blocked', () => {
    assert.deepEqual([0, 99, 100, 1999, 2000].map(statusAt), ['ok', 'ok', 'degraded', 'degraded', 'failed']);
  });
});
