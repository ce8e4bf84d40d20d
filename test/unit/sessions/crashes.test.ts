import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { Life } from './support/killable.ts';
import { computed, SessionStack } from './support/session-stack.ts';

const sessions = ['one', 'two', 'three'];

/** Runs one life until it is killed, or all is done; events are brought anew, as a pipeline does whose checkpoint is behind. */
async function live(stack: SessionStack, life: Life): Promise<void> {
  const builder = stack.newBuilder({ calls: life.calls(stack.calls), state: life.state(stack.state) });
  const end = new AbortController();
  const quiet = (promise: Promise<unknown>) => promise.catch(() => {});
  void quiet(
    builder.open().then(() =>
      builder.accept(
        sessions.map(id => computed(id)),
        end.signal,
      ),
    ),
  );
  const isDone = () =>
    builder.stats().events_processed === sessions.length && builder.stats().queue_size === 0;
  await stack.until(() => life.isOver || isDone(), 'the end of a life');
  end.abort();
  // What hangs in a dead process never ends.
  void builder.stop();
}

async function check(stack: SessionStack): Promise<void> {
  await live(stack, new Life(Number.POSITIVE_INFINITY, false));
  assert.deepEqual(
    await stack.done(),
    sessions.map(() => ['done', 'created']),
  );
  assert.equal(new Set(stack.created).size, sessions.length);
  assert.equal(stack.created.length, sessions.length);
  assert.deepEqual(stack.calls.overlapping, []);
  const { accounts_created, accounts_failed, events_processed } = stack.builder.stats();
  assert.deepEqual(
    [accounts_created, accounts_failed, events_processed],
    [sessions.length, 0, sessions.length],
  );
}

test('killed at any step, before or after its effect, each account is created once and counted once', async t => {
  const whole = new Life(Number.POSITIVE_INFINITY, false);
  await live(new SessionStack(t), whole);
  assert.ok(whole.steps > 30);
  for (let step = 1; step <= whole.steps; step++) {
    for (const isLastDone of [false, true]) {
      const stack = new SessionStack(t);
      await live(stack, new Life(step, isLastDone));
      await check(stack).catch(error => assert.fail(`step ${step}, done: ${isLastDone}: ${error}`));
    }
  }
});

test('killed over and over, while calls and their answers are lost', async t => {
  const kill = fc.record({ step: fc.integer({ min: 1, max: 60 }), isLastDone: fc.boolean() });
  const faults = fc.infiniteStream(fc.integer({ min: 0, max: 9 }));
  await fc.assert(
    fc.asyncProperty(fc.array(kill, { maxLength: 5 }), faults, async (kills, luck) => {
      const stack = new SessionStack(t, { config: { confirm_timeout: '2s', retry: { attempts: 100 } } });
      stack.calls.fault = () => {
        const { value } = luck.next();
        return value === 0 ? 'lost' : value === 1 ? 'unheard' : undefined;
      };
      for (const { step, isLastDone } of kills) await live(stack, new Life(step, isLastDone));
      await check(stack);
    }),
    { numRuns: 40 },
  );
});
