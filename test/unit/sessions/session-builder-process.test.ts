import assert from 'node:assert/strict';
import { rmSync } from 'node:fs';
import { test } from 'node:test';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { sessionBuilderChild, sessionBuilderName } from '../../../src/sessions/session-builder-process.ts';
import { computed, SessionStack } from './support/session-stack.ts';

async function supervised(stack: SessionStack, system: ProcessSystem): Promise<void> {
  const spec = supervisorSpec({
    id: 'top',
    strategy: 'one_for_one',
    intensity: 10,
    periodMs: 1_000,
    children: [sessionBuilderChild(stack.builder)],
  });
  await startSupervisor(system, spec);
}

test('a process that is killed is started again, and nothing is done twice', async t => {
  const stack = new SessionStack(t);
  const system = new ProcessSystem({ clock: stack.clock });
  await supervised(stack, system);
  await stack.accept(computed('one'), computed('two'));
  await stack.until(() => stack.calls.sent.length === 2, 'both are sent');
  const before = system.find(sessionBuilderName)?.pid;
  system.exit(sessionBuilderName, 'kill');
  await stack.until(() => {
    const now = system.find(sessionBuilderName)?.pid;
    return now !== undefined && now !== before;
  }, 'another process');
  await stack.drained();
  assert.equal(stack.builder.stats().accounts_created, 2);
  assert.equal(stack.calls.sent.length, 2);
  const ended = system.stop();
  await stack.pass(2);
  await ended;
  assert.equal(stack.builder.state, 'stopped');
});

test('is asked and steered by messages', async t => {
  const stack = new SessionStack(t);
  const system = new ProcessSystem({ clock: stack.clock });
  await supervised(stack, system);
  const send = system.call.bind(system);
  assert.equal(await send(sessionBuilderName, { type: 'command', command: 'pause' }), 'paused');
  await stack.accept(computed('one'));
  await stack.pass(20);
  assert.equal(stack.calls.sent.length, 0);
  const { waiting, state } = await send(sessionBuilderName, { type: 'status', limit: 5 });
  assert.equal(state, 'paused');
  assert.equal(waiting.length, 1);
  assert.equal(await send(sessionBuilderName, { type: 'command', command: 'resume' }), 'running');
  await stack.drained();
  assert.equal(stack.builder.stats().accounts_created, 1);
});

test('without a keypair it does not start, and says why', async t => {
  const stack = new SessionStack(t);
  rmSync(stack.config.keypair);
  const system = new ProcessSystem({ clock: stack.clock });
  await assert.rejects(supervised(stack, system), error =>
    JSON.stringify(error, Object.getOwnPropertyNames(error)).includes('process_start_failed'),
  );
});
