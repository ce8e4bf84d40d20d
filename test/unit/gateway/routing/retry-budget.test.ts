import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { RetryBudget } from '../../../../src/gateway/routing/retry-budget.ts';

const options = { ratio: 0.2, minimum: 3, maxWaiting: 2 };

describe('RetryBudget', () => {
  it('always allows the minimum', () => {
    const budget = new RetryBudget(options);
    assert.deepEqual(
      [budget.tryTake(), budget.tryTake(), budget.tryTake(), budget.tryTake()],
      [true, true, true, false],
    );
  });

  it('allows retries up to its share of the requests in flight', () => {
    const budget = new RetryBudget(options);
    for (let i = 0; i < 50; i++) budget.requestStarted();
    let taken = 0;
    while (budget.tryTake()) taken++;
    assert.equal(taken, 10);
  });

  it('hands a place that is given back to the one that waits longest', () => {
    const budget = new RetryBudget(options);
    while (budget.tryTake());
    const order: string[] = [];
    budget.wait(() => order.push('first'));
    budget.wait(() => order.push('second'));
    budget.release();
    assert.deepEqual(order, ['first']);
    assert.equal(budget.retries, 3);
  });

  it('refuses to let more wait than it may hold, and forgets one that leaves', () => {
    const budget = new RetryBudget(options);
    while (budget.tryTake());
    const leave = budget.wait(() => assert.fail('left the queue'));
    budget.wait(() => {});
    assert.equal(
      budget.wait(() => {}),
      undefined,
    );
    leave?.();
    assert.equal(budget.waiting, 1);
    budget.release();
    assert.equal(budget.waiting, 0);
  });
});
