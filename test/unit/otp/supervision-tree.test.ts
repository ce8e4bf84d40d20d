import assert from 'node:assert/strict';
import { test } from 'node:test';
import { systemClock } from '../../../src/clock/system-clock.ts';
import { serverChild, statemChild } from '../../../src/otp/child-spec.ts';
import type { GenServer } from '../../../src/otp/gen-server.ts';
import type { GenStatem } from '../../../src/otp/gen-statem.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startIn } from '../../../src/otp/statem-events.ts';
import { type LiveNode, liveTree, specTree } from '../../../src/otp/supervision-tree.ts';
import { startSupervisor, supervisorChild } from '../../../src/otp/supervisor.ts';
import { dynamicSupervisorSpec, supervisorSpec } from '../../../src/otp/supervisor-spec.ts';

const server: GenServer<number, number, never, string> = {
  init: (_self, n) => n,
  formatStatus: n => ({ n }),
};
const statem: GenStatem<undefined, 'idle' | 'busy', undefined> = {
  init: () => startIn('idle', undefined),
  handleEvent: () => undefined,
};

const root = supervisorSpec({
  id: 'root',
  strategy: 'rest_for_one',
  intensity: 1,
  periodMs: 1_000,
  about: 'Holds everything.',
  children: [
    serverChild({
      id: 'worker',
      server,
      args: 7,
      restart: 'transient',
      shutdown: 'brutal_kill',
      about: 'Works.',
    }),
    statemChild({ id: 'machine', statem, args: undefined }),
    supervisorChild(
      dynamicSupervisorSpec<number>({
        id: 'many',
        child: args => serverChild({ id: `n${args}`, server, args }),
        template: serverChild({ id: 'n<i>', server, args: 0 }),
      }),
    ),
  ],
});

test('a specification can be drawn without starting it', () => {
  const tree = specTree(root);
  assert.deepEqual(
    [tree.id, tree.strategy, tree.intensity, tree.periodMs, tree.autoShutdown, tree.about],
    ['root', 'rest_for_one', 1, 1_000, 'never', 'Holds everything.'],
  );
  assert.deepEqual(tree.children[0], {
    id: 'worker',
    restart: 'transient',
    shutdown: 'brutal_kill',
    type: 'worker',
    significant: false,
    about: 'Works.',
    supervisor: undefined,
  });
  const many = tree.children[2];
  assert.deepEqual(
    [many?.type, many?.shutdown, many?.supervisor?.strategy],
    ['supervisor', 'infinity', 'dynamic'],
  );
  assert.equal(many?.supervisor?.children[0]?.id, 'n<i>');
});

test('the running tree shows pids, states, mailboxes and strategies', async t => {
  const system = new ProcessSystem({ clock: systemClock });
  t.after(() => system.stop());
  const pid = await startSupervisor(system, root);
  const tree = liveTree(system, pid) as LiveNode;
  assert.equal(tree.strategy, 'rest_for_one');
  assert.deepEqual(
    tree.children.map(node => [node.id, node.type, node.status, node.strategy, node.restarts, node.state]),
    [
      ['worker', 'worker', 'running', undefined, 0, { n: 7 }],
      ['machine', 'worker', 'running', undefined, 0, 'idle'],
      ['many', 'supervisor', 'running', 'dynamic', 0, undefined],
    ],
  );
  const worker = tree.children[0]?.pid;
  assert.ok(worker !== undefined);
  system.send(worker as never, 'one' as never);
  assert.equal(liveTree(system, pid)?.children[0]?.mailboxLength, 1);
});

test('a process that does not live has no tree', async () => {
  const system = new ProcessSystem({ clock: systemClock });
  const pid = await startSupervisor(system, root);
  await system.stop();
  assert.equal(liveTree(system, pid), undefined);
});
