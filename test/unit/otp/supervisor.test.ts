import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { serverChild } from '../../../src/otp/child-spec.ts';
import type { GenServer } from '../../../src/otp/gen-server.ts';
import type { Pid } from '../../../src/otp/pid.ts';
import { processName } from '../../../src/otp/process-name.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import type { Request } from '../../../src/otp/request.ts';
import { reply } from '../../../src/otp/results.ts';
import { liveTree, specTree } from '../../../src/otp/supervision-tree.ts';
import {
  startDynamicChild,
  startSupervisor,
  supervisorChild,
  terminateChild,
  whichChildren,
} from '../../../src/otp/supervisor.ts';
import type { DynamicSupervisorCall } from '../../../src/otp/supervisor-messages.ts';
import { dynamicSupervisorSpec, supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { eventually } from '../../support/eventually.ts';

type CounterCall =
  | ({ readonly type: 'get' } & Request<number>)
  | ({ readonly type: 'who' } & Request<Pid<never, CounterCast>>);
type CounterCast = { readonly type: 'add'; readonly amount: number } | { readonly type: 'crash' };

const counter: GenServer<number, { value: number }, CounterCall, CounterCast> = {
  init: (_self, start) => ({ value: start }),
  handleCall: (call, _from, state, self) => (call.type === 'get' ? reply(state.value) : reply(self.pid)),
  handleCast(message, state) {
    if (message.type === 'crash') throw new Error('told to');
    state.value += message.amount;
  },
};

const counterName = (id: string) => processName<CounterCall, CounterCast>({ type: 'counter', id });

test('a tree starts, a crashed child is restarted under its name, and the tree stops in reverse order', async () => {
  const system = new ProcessSystem({ clock: systemClock });
  const chains = dynamicSupervisorSpec<string>({
    id: 'chains',
    child: id => serverChild({ id, server: counter, args: 1, name: counterName(id) }),
  });
  const chainsName = processName<DynamicSupervisorCall<string>>({ type: 'supervisor', id: 'chains' });
  const root = await startSupervisor(
    system,
    supervisorSpec({
      id: 'root',
      strategy: 'rest_for_one',
      children: [
        serverChild({ id: 'a', server: counter, args: 10, name: counterName('a') }),
        supervisorChild(chains, { name: chainsName }),
      ],
    }),
  );
  system.cast(counterName('a'), { type: 'add', amount: 5 });
  assert.equal(await system.call(counterName('a'), { type: 'get' }), 15);
  const before = await system.call(counterName('a'), { type: 'who' });
  system.cast(before, { type: 'crash' });
  await eventually(() => {
    const now = system.registry.whereis(counterName('a'));
    return now !== undefined && now !== before;
  });
  assert.equal(await system.call(counterName('a'), { type: 'get' }), 10);
  const children = await whichChildren(system, root);
  assert.deepEqual(
    children.map(child => [child.id, child.restarts]),
    [
      ['a', 1],
      ['chains', 1],
    ],
  );
  const started = await startDynamicChild(system, chainsName, 'ethereum');
  assert.equal(started.ok, true);
  const tree = liveTree(system, root);
  assert.equal(tree?.children[1]?.children[0]?.id, 'ethereum');
  assert.ok(started.ok && started.pid);
  assert.deepEqual(await terminateChild(system, chainsName, started.pid), { ok: true });
  await system.stop();
  assert.equal(system.counts.processes, 0);
  assert.equal(specTree(chains).strategy, 'dynamic');
});
