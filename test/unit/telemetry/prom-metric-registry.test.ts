import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { counterDefinition, gaugeDefinition, histogramDefinition } from '../../../src/telemetry/metrics.ts';
import { PromMetricRegistry } from '../../../src/telemetry/prom-metric-registry.ts';
import { parseExposition } from './support/parse-exposition.ts';

const calls = counterDefinition({
  name: 'trunkline_calls_total',
  help: 'Calls.',
  labels: ['chain', 'provider'],
});
const restarts = counterDefinition({ name: 'trunkline_restarts_total', help: 'Restarts.' });
const open = gaugeDefinition({
  name: 'trunkline_open',
  help: 'Open\nbreakers, \\ that is.',
  labels: ['provider'],
});
const latency = histogramDefinition({
  name: 'trunkline_call_seconds',
  help: 'Latency.',
  labels: ['chain'],
  buckets: [0.1, 0.5, 1],
});
const folded = 'trunkline_metrics_folded_series_total';

const exposed = async (registry: PromMetricRegistry) => parseExposition(await registry.expose());

describe('PromMetricRegistry', () => {
  it('gives the same cell for the same definition and labels, another for other labels', () => {
    const registry = new PromMetricRegistry();
    const a = registry.counter(calls, { chain: 'ethereum', provider: 'infura' });
    assert.equal(registry.counter(calls, { provider: 'infura', chain: 'ethereum' }), a);
    assert.notEqual(registry.counter(calls, { chain: 'ethereum', provider: 'alchemy' }), a);
  });

  it('does not mix up label values that read alike when joined', () => {
    const registry = new PromMetricRegistry();
    const a = registry.counter(calls, { chain: 'a1:b', provider: 'c' });
    assert.notEqual(registry.counter(calls, { chain: 'a', provider: '1:bc' }), a);
    assert.notEqual(registry.counter(calls, { chain: 'a1', provider: ':bc' }), a);
  });

  it('exposes name, help, type and value of each kind', async () => {
    const registry = new PromMetricRegistry();
    registry.counter(calls, { chain: 'ethereum', provider: 'infura' }).inc();
    registry.counter(calls, { chain: 'ethereum', provider: 'infura' }).inc(2);
    registry.gauge(open, { provider: 'infura' }).set(-1.5);
    registry.counter(restarts);
    const exposition = await exposed(registry);
    assert.equal(exposition.value('trunkline_calls_total', { chain: 'ethereum', provider: 'infura' }), 3);
    assert.equal(exposition.value('trunkline_open', { provider: 'infura' }), -1.5);
    assert.equal(exposition.value('trunkline_restarts_total'), 0);
    assert.equal(exposition.types.get('trunkline_calls_total'), 'counter');
    assert.equal(exposition.types.get('trunkline_open'), 'gauge');
    assert.equal(exposition.helps.get('trunkline_open'), 'Open\\nbreakers, \\\\ that is.');
  });

  it('exposes a histogram with cumulated buckets, sum and count', async () => {
    const registry = new PromMetricRegistry();
    const cell = registry.histogram(latency, { chain: 'base' });
    for (const value of [0.05, 0.1, 0.3, 7, Number.NaN]) cell.observe(value);
    const exposition = await exposed(registry);
    const bucket = (le: string) => exposition.value('trunkline_call_seconds_bucket', { le, chain: 'base' });
    assert.deepEqual(['0.1', '0.5', '1', '+Inf'].map(bucket), [2, 3, 3, 4]);
    assert.equal(exposition.value('trunkline_call_seconds_count', { chain: 'base' }), 4);
    assert.equal(exposition.value('trunkline_call_seconds_sum', { chain: 'base' }), 7.45);
    assert.equal(exposition.types.get('trunkline_call_seconds'), 'histogram');
  });

  it('never lets a counter fall', async () => {
    const registry = new PromMetricRegistry();
    const cell = registry.counter(restarts);
    cell.inc(5);
    cell.inc(-3);
    cell.inc(Number.NaN);
    assert.equal((await exposed(registry)).value('trunkline_restarts_total'), 5);
  });

  it('reads a gauge at the scrape, the newest reader winning', async () => {
    const registry = new PromMetricRegistry();
    let value = 1;
    registry.gauge(open, { provider: 'a' }, () => 99);
    registry.gauge(open, { provider: 'a' }, () => value);
    assert.equal((await exposed(registry)).value('trunkline_open', { provider: 'a' }), 1);
    value = 2;
    assert.equal((await exposed(registry)).value('trunkline_open', { provider: 'a' }), 2);
  });

  it('leaves out a gauge without a value and one whose reader throws, and counts the latter', async () => {
    const registry = new PromMetricRegistry();
    registry.gauge(open, { provider: 'unknown' }, () => Number.NaN);
    registry.gauge(open, { provider: 'broken' }, () => {
      throw new Error('gone');
    });
    registry.gauge(open, { provider: 'fine' }).set(1);
    await registry.expose();
    const exposition = await exposed(registry);
    assert.deepEqual(
      exposition.samples.filter(sample => sample.name === 'trunkline_open').map(sample => sample.labels),
      [{ provider: 'fine' }],
    );
    const errors = exposition.value('trunkline_metrics_read_errors_total', { metric: 'trunkline_open' });
    assert.ok(errors !== undefined && errors >= 1);
  });

  it('folds label sets beyond the limit into "other" and counts them', async () => {
    const registry = new PromMetricRegistry({ maxSeries: 3 });
    for (let i = 0; i < 10; i++) registry.counter(calls, { chain: 'c', provider: `p${i}` }).inc();
    registry.counter(calls, { chain: 'c', provider: 'p0' }).inc();
    const exposition = await exposed(registry);
    assert.equal(exposition.value('trunkline_calls_total', { chain: 'c', provider: 'p0' }), 2);
    assert.equal(exposition.value('trunkline_calls_total', { chain: 'other', provider: 'other' }), 7);
    assert.equal(exposition.samples.filter(sample => sample.name === 'trunkline_calls_total').length, 4);
    assert.equal(exposition.value(folded, { metric: 'trunkline_calls_total' }), 7);
  });

  it('says once in the log that a metric has too many series', () => {
    const lines: unknown[] = [];
    const log = {
      debug() {},
      info() {},
      warn: (...line: unknown[]) => lines.push(line),
      error() {},
      child: () => log,
    };
    const registry = new PromMetricRegistry({ maxSeries: 1 }, { log });
    for (let i = 0; i < 5; i++) registry.gauge(open, { provider: `p${i}` });
    assert.equal(lines.length, 1);
  });

  it('makes room again when a series is removed; the cell still held counts into nothing', async () => {
    const registry = new PromMetricRegistry({ maxSeries: 1 });
    const gone = registry.counter(calls, { chain: 'c', provider: 'a' });
    registry.remove(calls, { chain: 'c', provider: 'a' });
    registry.counter(calls, { chain: 'c', provider: 'b' }).inc();
    gone.inc(100);
    const exposition = await exposed(registry);
    assert.equal(exposition.value('trunkline_calls_total', { chain: 'c', provider: 'a' }), undefined);
    assert.equal(exposition.value('trunkline_calls_total', { chain: 'c', provider: 'b' }), 1);
    assert.equal(exposition.value(folded, { metric: 'trunkline_calls_total' }), undefined);
  });

  it('refuses a second definition of a name', () => {
    const registry = new PromMetricRegistry();
    registry.counter(restarts);
    const twin = counterDefinition({ name: restarts.name, help: 'Another.' });
    assert.throws(() => registry.counter(twin), /two definitions/);
  });

  it('takes secrets out of label values and bounds their length', async () => {
    const registry = new PromMetricRegistry({}, { redact: text => text.replaceAll('s3cret', '***') });
    registry.gauge(open, { provider: 's3cret' }).set(1);
    registry.gauge(open, { provider: 'x'.repeat(5000) }).set(2);
    const exposition = await exposed(registry);
    assert.equal(exposition.value('trunkline_open', { provider: '***' }), 1);
    assert.equal(exposition.value('trunkline_open', { provider: 'x'.repeat(200) }), 2);
  });

  it('exposes any label value so that a scraper reads the same value back', async () => {
    const values = fc.array(fc.string({ unit: 'binary', maxLength: 30 }), { minLength: 1, maxLength: 20 });
    await fc.assert(
      fc.asyncProperty(values, async providers => {
        const registry = new PromMetricRegistry();
        for (const provider of providers) registry.gauge(open, { provider }).set(1);
        const { samples } = await exposed(registry);
        assert.deepEqual(new Set(samples.map(sample => sample.labels.provider)), new Set(providers));
      }),
    );
  });

  it('adds process metrics on request, without the two that prom-client measures badly', async () => {
    const { types } = await exposed(new PromMetricRegistry({ processMetrics: true }));
    assert.ok(types.has('process_cpu_seconds_total') && types.has('nodejs_heap_size_used_bytes'));
    for (const name of types.keys()) assert.doesNotMatch(name, /^nodejs_(eventloop_lag|gc_)/);
    assert.equal((await new PromMetricRegistry().expose()).trim(), '');
  });
});
