import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CircuitBreaker } from '../../../src/circuit-breaker/circuit-breaker.ts';

function setUp(failureThreshold = 3, successThreshold = 2) {
  const heard: string[] = [];
  const owner = {
    onOpened: (again: boolean, why: string) => heard.push(`${again ? 'opened again' : 'opened'}: ${why}`),
    onRecovered: () => heard.push('recovered'),
  };
  const breaker = new CircuitBreaker({ failureThreshold, successThreshold });
  breaker.own(owner);
  return { breaker, owner, heard };
}

function fail(breaker: CircuitBreaker, times: number): void {
  for (let i = 0; i < times; i++) breaker.failure(breaker.tryAcquire(), 'connection_refused');
}

describe('CircuitBreaker', () => {
  it('opens inside the call that reaches the threshold and admits nothing from then on', () => {
    const { breaker, heard } = setUp(3);
    fail(breaker, 2);
    assert.equal(breaker.state, 'closed');
    fail(breaker, 1);
    assert.equal(breaker.state, 'open');
    assert.equal(breaker.tryAcquire(), 0);
    assert.equal(breaker.isAdmitting, false);
    assert.deepEqual(heard, ['opened: connection_refused']);
  });

  it('counts failures in a row: a success starts again at none', () => {
    const { breaker } = setUp(3);
    fail(breaker, 2);
    breaker.success(breaker.tryAcquire());
    fail(breaker, 2);
    assert.equal(breaker.state, 'closed');
  });

  it('counts neither cancelled nor rate-limited requests', () => {
    const { breaker } = setUp(2);
    fail(breaker, 1);
    breaker.release(breaker.tryAcquire());
    assert.equal(breaker.failures, 1);
    fail(breaker, 1);
    assert.equal(breaker.state, 'open');
  });

  it('admits as many requests at once as successes are wanted while half-open', () => {
    const { breaker } = setUp(1, 2);
    fail(breaker, 1);
    breaker.halfOpen();
    const first = breaker.tryAcquire();
    assert.ok(first > 0 && breaker.tryAcquire() > 0);
    assert.equal(breaker.tryAcquire(), 0);
    breaker.release(first);
    assert.ok(breaker.tryAcquire() > 0);
  });

  it('tells which requests are trials: those admitted while half-open, until the state changes', () => {
    const { breaker } = setUp(1, 2);
    const early = breaker.tryAcquire();
    assert.equal(breaker.isTrial(early), false);
    fail(breaker, 1);
    breaker.halfOpen();
    const trial = breaker.tryAcquire();
    assert.equal(breaker.isTrial(early), false);
    assert.equal(breaker.isTrial(trial), true);
    breaker.close();
    assert.equal(breaker.isTrial(trial), false);
  });

  it('tells its owner once when enough requests succeeded while half-open, and flows once the owner closes it', () => {
    const { breaker, heard } = setUp(1, 2);
    fail(breaker, 1);
    breaker.halfOpen();
    for (let i = 0; i < 4; i++) breaker.success(breaker.tryAcquire());
    assert.deepEqual(heard.slice(1), ['recovered']);
    assert.equal(breaker.state, 'half_open');
    breaker.close();
    for (let i = 0; i < 10; i++) assert.ok(breaker.tryAcquire() > 0);
  });

  it('opens again with the first failure while half-open', () => {
    const { breaker, heard } = setUp(5, 3);
    breaker.trip('provider_stalled');
    breaker.halfOpen();
    breaker.success(breaker.tryAcquire());
    fail(breaker, 1);
    assert.equal(breaker.state, 'open');
    assert.deepEqual(heard, ['opened: provider_stalled', 'opened again: connection_refused']);
  });

  it('ignores results of requests that were admitted before the last change of state', () => {
    const { breaker } = setUp(1, 1);
    const early = [breaker.tryAcquire(), breaker.tryAcquire(), breaker.tryAcquire()];
    fail(breaker, 1);
    breaker.halfOpen();
    breaker.failure(early[0]!, 'attempt_timeout');
    breaker.success(early[1]!);
    breaker.release(early[2]!);
    assert.equal(breaker.state, 'half_open');
    assert.ok(breaker.tryAcquire() > 0);
    assert.equal(breaker.tryAcquire(), 0);
  });

  it('trips only what is not open yet', () => {
    const { breaker, heard } = setUp();
    breaker.trip('provider_stalled');
    breaker.trip('provider_stalled');
    assert.deepEqual(heard, ['opened: provider_stalled']);
  });

  it('admits nothing before it has an owner and after it lost it', () => {
    const breaker = new CircuitBreaker({ failureThreshold: 1, successThreshold: 1 });
    assert.equal(breaker.tryAcquire(), 0);
    const owner = { onOpened: () => {}, onRecovered: () => {} };
    breaker.own(owner);
    assert.ok(breaker.tryAcquire() > 0);
    breaker.disown(owner);
    assert.equal(breaker.state, 'unowned');
    assert.equal(breaker.tryAcquire(), 0);
  });

  it('stays with its new owner when the end of the old one is heard late', () => {
    const { breaker, owner } = setUp();
    breaker.own({ onOpened: () => {}, onRecovered: () => {} });
    breaker.disown(owner);
    assert.equal(breaker.state, 'closed');
  });

  it('comes back as it was: closed when it was closed, else half-open', () => {
    const { breaker, owner } = setUp(1, 1);
    breaker.disown(owner);
    assert.equal(breaker.own(owner), 'closed');
    fail(breaker, 1);
    breaker.disown(owner);
    assert.equal(breaker.own(owner), 'half_open');
    breaker.disown(owner);
    assert.equal(breaker.own(owner), 'half_open');
  });
});
