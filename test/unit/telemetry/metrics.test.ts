import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import {
  counterDefinition,
  durationBuckets,
  gaugeDefinition,
  histogramDefinition,
  silentMetrics,
} from '../../../src/telemetry/metrics.ts';

describe('metric definitions', () => {
  it('are frozen and carry what they were given', () => {
    const definition = counterDefinition({
      name: 'trunkline_calls_total',
      help: 'Calls.',
      labels: ['chain'],
    });
    assert.deepEqual(definition, {
      kind: 'counter',
      name: 'trunkline_calls_total',
      help: 'Calls.',
      labels: ['chain'],
    });
    assert.ok(Object.isFrozen(definition) && Object.isFrozen(definition.labels));
  });

  it('have no labels when none are named, and duration buckets when none are given', () => {
    assert.deepEqual(gaugeDefinition({ name: 'trunkline_open', help: 'Open.' }).labels, []);
    const histogram = histogramDefinition({ name: 'trunkline_call_seconds', help: 'Calls.' });
    assert.deepEqual(histogram.buckets, durationBuckets);
  });

  for (const name of ['calls_total', 'trunkline_Calls_total', 'trunkline_calls__total', 'trunkline__total']) {
    it(`refuses the name ${name}`, () => {
      assert.throws(() => counterDefinition({ name, help: 'Calls.' }), TypeError);
    });
  }

  it('wants _total at the end of a counter and nowhere else', () => {
    assert.throws(() => counterDefinition({ name: 'trunkline_calls', help: 'Calls.' }), TypeError);
    assert.throws(() => gaugeDefinition({ name: 'trunkline_calls_total', help: 'Calls.' }), TypeError);
  });

  it('refuses an empty help, a reserved label, an odd label and a label named twice', () => {
    const name = 'trunkline_calls_total';
    assert.throws(() => counterDefinition({ name, help: ' ' }), TypeError);
    assert.throws(() => counterDefinition({ name, help: 'x', labels: ['le'] }), TypeError);
    assert.throws(() => counterDefinition({ name, help: 'x', labels: ['Chain'] }), TypeError);
    assert.throws(() => counterDefinition({ name, help: 'x', labels: ['chain', 'chain'] }), TypeError);
  });

  it('refuses buckets that do not ascend or are not finite', () => {
    const name = 'trunkline_call_seconds';
    for (const buckets of [[], [1, 1], [2, 1], [1, Infinity], [Number.NaN]]) {
      assert.throws(() => histogramDefinition({ name, help: 'x', buckets }), TypeError);
    }
  });
});

describe('silentMetrics', () => {
  it('takes everything and exposes nothing', async () => {
    const definition = counterDefinition({ name: 'trunkline_calls_total', help: 'Calls.' });
    silentMetrics.counter(definition).inc();
    assert.equal(await silentMetrics.expose(), '');
  });
});
