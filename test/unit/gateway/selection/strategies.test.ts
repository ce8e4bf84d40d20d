import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isStrategyName, strategies } from '../../../../src/gateway/selection/strategies.ts';
import type { Provider } from '../../../../src/providers/provider.ts';

function provider(id: string, shape: { priority?: number; weight?: number; latency?: number }): Provider {
  return {
    id,
    priority: shape.priority ?? 1,
    weight: shape.weight ?? 1,
    latency: () => shape.latency ?? 0,
  } as unknown as Provider;
}

/** A fixed sequence in place of chance. */
function sequence(): () => number {
  let state = 42;
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648;
    return state / 2_147_483_648;
  };
}

function shares(
  strategy: keyof typeof strategies,
  candidates: readonly Provider[],
  picks = 3_000,
): Record<string, number> {
  const counts: Record<string, number> = {};
  const random = sequence();
  for (let turn = 0; turn < picks; turn++) {
    const { id } = strategies[strategy](candidates, 'eth_call', turn, random);
    counts[id] = (counts[id] ?? 0) + 1 / picks;
  }
  return counts;
}

describe('selection strategies', () => {
  it('priority takes the lowest number, equal ones in turn', () => {
    const counts = shares('priority', [
      provider('backup', { priority: 2 }),
      provider('a', {}),
      provider('b', {}),
    ]);
    assert.deepEqual(Object.keys(counts).sort(), ['a', 'b']);
    assert.ok(Math.abs(counts.a! - 0.5) < 0.001);
  });

  it('round_robin shares by weight', () => {
    const counts = shares('round_robin', [provider('a', { weight: 3 }), provider('b', {})]);
    assert.ok(Math.abs(counts.a! - 0.75) < 0.001);
  });

  it('fastest takes the lowest latency, and looks at the others now and then', () => {
    const counts = shares('fastest', [provider('slow', { latency: 80 }), provider('fast', { latency: 8 })]);
    assert.ok(counts.fast! > 0.95);
    assert.ok(counts.slow! > 0);
  });

  it('fastest measures a provider that it does not know', () => {
    assert.ok(shares('fastest', [provider('known', { latency: 1 }), provider('new', {})]).new! > 0.9);
  });

  it('latency_weighted shifts load by the cube of the latency', () => {
    const counts = shares('latency_weighted', [
      provider('slow', { latency: 20 }),
      provider('fast', { latency: 10 }),
    ]);
    assert.ok(Math.abs(counts.fast! - 8 / 9) < 0.03, String(counts.fast));
  });

  it('knows its names and nothing inherited', () => {
    assert.equal(isStrategyName('fastest'), true);
    assert.equal(isStrategyName('constructor'), false);
  });
});
