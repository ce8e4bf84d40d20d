import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { CircuitBreaker } from '../../../src/circuit-breaker/circuit-breaker.ts';
import { Deadline, DeadlineWheel } from '../../../src/clock/deadline-wheel.ts';
import { scanResponse } from '../../../src/protocol/json-rpc/scan-response.ts';
import { AnswerReader } from '../../../src/providers/answer-reader.ts';
import { Attempt, type AttemptHost } from '../../../src/providers/attempt.ts';
import { AttemptCounters } from '../../../src/providers/attempt-counters.ts';
import { CoolDown } from '../../../src/providers/cool-down.ts';
import { MethodScores } from '../../../src/providers/method-scores.ts';
import { Redactor } from '../../../src/providers/redactor.ts';
import { UnsupportedMethods } from '../../../src/providers/unsupported-methods.ts';
import type { AttemptOutcome } from '../../../src/providers/upstream-call.ts';
import { silentMetrics } from '../../../src/telemetry/metrics.ts';
import { ManualClock } from '../../support/manual-clock.ts';
import { callOf, plainFamily } from './fixtures.ts';

/** A transport's side of an attempt: it is answered when the test says so, and times out by the wheel. */
class Exchange extends Deadline {
  attempt!: Attempt;
  isOver = false;
  isCancelled = false;
  readonly #deadlines: DeadlineWheel;

  constructor(deadlines: DeadlineWheel) {
    super();
    this.#deadlines = deadlines;
  }

  cancel(): boolean {
    if (!this.#end()) return false;
    this.isCancelled = true;
    return true;
  }

  answer(): void {
    const body = Buffer.from('{"jsonrpc":"2.0","id":7,"result":"0x1"}');
    if (this.#end()) this.attempt.onSocketAnswer(body, scanResponse(body)!);
  }

  override onDeadline(): void {
    if (this.#end()) this.attempt.onSocketFailure('attempt_timeout', true);
  }

  #end(): boolean {
    if (this.isOver) return false;
    this.isOver = true;
    this.#deadlines.remove(this);
    return true;
  }
}

function setUp() {
  const clock = new ManualClock();
  const deadlines = new DeadlineWheel(clock);
  const heard: string[] = [];
  const breaker = new CircuitBreaker({ failureThreshold: 5, successThreshold: 2 });
  breaker.own({
    onOpened: (again, why) => heard.push(`${again ? 'opened again' : 'opened'}: ${why}`),
    onRecovered: () => heard.push('recovered'),
  });
  let silences = 0;
  const labels = { chain: 'devnet', provider: 'node-1' };
  const host: AttemptHost = {
    clock,
    deadlines,
    reader: new AnswerReader(plainFamily, new Redactor({ urls: [], headers: {}, secrets: [] }), {
      onScrubbed: () => {},
      onUnknownError: () => {},
    }),
    coolDown: new CoolDown({ initialMs: 1000, maxMs: 1000, jitter: 0 }),
    unsupported: new UnsupportedMethods({ maxMethods: 1, forgetAfterMs: 1000 }),
    scores: new MethodScores(),
    counters: new AttemptCounters(silentMetrics, labels),
    onSilence: () => silences++,
  };
  const outcomes: AttemptOutcome[] = [];
  /** Sends a call; undefined: the breaker does not admit it. */
  const send = (timeoutMs = 18_000) => {
    const permit = breaker.tryAcquire();
    if (permit === 0) return undefined;
    const exchange = new Exchange(deadlines);
    const done = (outcome: AttemptOutcome) => outcomes.push(outcome);
    const attempt = new Attempt(host, callOf('eth_call'), 'http', breaker, permit, clock.now(), done);
    exchange.attempt = attempt;
    deadlines.add(exchange, timeoutMs, clock.now());
    return { exchange, giveUp: () => attempt.giveUp(exchange, timeoutMs) };
  };
  const sendTrial = (timeoutMs?: number) => {
    breaker.trip('provider_stalled');
    breaker.halfOpen();
    heard.length = 0;
    return send(timeoutMs)!;
  };
  return { clock, breaker, host, heard, outcomes, send, sendTrial, silences: () => silences };
}

describe('Attempt', () => {
  it('is cancelled when its caller gives up, and tells nothing about the provider', () => {
    const { breaker, host, outcomes, send } = setUp();
    for (let i = 0; i < 20; i++) {
      const { exchange, giveUp } = send()!;
      giveUp();
      giveUp();
      assert.equal(exchange.isCancelled, true);
    }
    assert.deepEqual([breaker.state, breaker.failures], ['closed', 0]);
    assert.deepEqual([outcomes.length, host.counters.inFlight], [0, 0]);
  });

  it('knows silence for what it is after many that were given up', () => {
    const { clock, host, send, silences } = setUp();
    for (let i = 0; i < 20; i++) {
      const { exchange } = send()!;
      clock.advance(10);
      exchange.answer();
    }
    for (let i = 1; i <= 40; i++) {
      const { giveUp } = send()!;
      clock.advance(3000);
      giveUp();
      assert.equal(silences(), i);
    }
    assert.ok(host.scores.known('eth_call').sketch.p95 < 25, 'the usual time of an answer');
    assert.ok(host.scores.known('eth_call').latencyMs > 2500, 'the provider counts as slow');
  });

  it('fails a trial that stayed silent after its caller gave it up: the breaker opens again', () => {
    const { clock, breaker, host, heard, outcomes, send, sendTrial } = setUp();
    const { exchange, giveUp } = sendTrial();
    clock.advance(3000);
    giveUp();
    assert.equal(exchange.isOver, false, 'an answer may have arrived this moment');
    assert.ok(send() !== undefined, 'the other trial');
    assert.equal(send(), undefined);
    clock.advance(100);
    assert.deepEqual(heard, ['opened again: attempt_timeout']);
    assert.equal(breaker.state, 'open');
    assert.deepEqual([outcomes.length, host.counters.inFlight], [0, 1]);
  });

  it('hands out no more trials than admitted at once, however soon callers lose patience with a hung provider', () => {
    const { clock, breaker, heard, send, sendTrial } = setUp();
    sendTrial().giveUp();
    let sent = 1;
    while (breaker.state === 'half_open' && clock.now() < 60_000) {
      const next = send();
      if (next !== undefined) sent++;
      clock.advance(50);
      next?.giveUp();
    }
    assert.equal(sent, 2);
    assert.deepEqual(heard, ['opened again: attempt_timeout']);
    assert.ok(clock.now() <= 3100, `${clock.now()} ms`);
  });

  it('lets a trial whose caller gave it up succeed', () => {
    const { clock, heard, outcomes, send, sendTrial } = setUp();
    const [first, second] = [sendTrial(), send()!];
    first.giveUp();
    second.giveUp();
    clock.advance(2900);
    first.exchange.answer();
    second.exchange.answer();
    assert.deepEqual(heard, ['recovered']);
    assert.deepEqual(outcomes, []);
  });

  it('waits for a trial as long as answers may take where they are slow, not longer than its own time', () => {
    const { clock, breaker, host, sendTrial } = setUp();
    for (let i = 0; i < 20; i++) host.scores.answer('eth_call', 2000);
    sendTrial().giveUp();
    clock.advance(7000);
    assert.equal(breaker.state, 'half_open');
    clock.advance(2000);
    assert.equal(breaker.state, 'open');
    sendTrial(500).giveUp();
    clock.advance(510);
    assert.equal(breaker.state, 'open');
  });
});
