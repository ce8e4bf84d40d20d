import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { ProcessExit } from '../../../src/otp/exit-reason.ts';
import { type GenStatem, startStatem, tryStartStatem } from '../../../src/otp/gen-statem.ts';
import type { Request } from '../../../src/otp/request.ts';
import { ignore, stop } from '../../../src/otp/results.ts';
import {
  keepState,
  repeatState,
  type StatemActions,
  type StatemEvent,
  startIn,
  type Transition,
  toState,
} from '../../../src/otp/statem-events.ts';
import { liveTree } from '../../../src/otp/supervision-tree.ts';
import { Sys } from '../../../src/otp/sys.ts';
import { settle, World } from './support.ts';

type State = 'a' | 'b';
type Call = { readonly type: 'data' } & Request<string[]>;
type Event = StatemEvent<Call, string, string, State>;
type Answer = Transition<State, string[]> | ReturnType<typeof stop> | undefined;

interface Plan {
  readonly actions?: StatemActions<string[]>;
  readonly stateEnter?: boolean;
  /** What the machine answers to an event; `undefined` keeps everything. */
  readonly on?: (event: Event, state: State, data: string[]) => Answer | Promise<Answer>;
}

/** A machine that notes every event as `what@state`. */
async function machine(t: TestContext, plan: Plan) {
  const world = new World(t);
  const seen: string[] = [];
  const statem: GenStatem<undefined, State, string[], Call, string, string> = {
    stateEnter: plan.stateEnter ?? false,
    init: () => startIn('a', ['start'], plan.actions ?? {}),
    handleEvent(event, state, data) {
      seen.push(`${name(event)}@${state}`);
      if (event.type === 'call' && event.request.type === 'data') event.from.reply([...data]);
      return plan.on?.(event, state, data);
    },
  };
  const pid = await startStatem(world.system, statem, undefined);
  const cast = (...messages: string[]) => {
    for (const message of messages) world.system.cast(pid, message);
    return settle();
  };
  await settle();
  return { world, pid, seen, cast };
}

function name(event: Event): string {
  switch (event.type) {
    case 'cast':
      return event.message;
    case 'info':
      return typeof event.message === 'string' ? `info ${event.message}` : event.message.type;
    case 'timeout':
      return `timeout ${event.name}`;
    case 'internal':
      return `internal ${String(event.content)}`;
    case 'enter':
      return `enter from ${event.from}`;
    default:
      return event.type;
  }
}

const isCast = (event: Event, message: string) => event.type === 'cast' && event.message === message;

test('[gen_statem handle_event] calls, casts and infos arrive with the state, and may change state and data', async t => {
  const { world, pid, seen, cast } = await machine(t, {
    on: (event, state, data) =>
      event.type === 'cast' ? toState(state === 'a' ? 'b' : 'a', { data: [...data, 'x'] }) : undefined,
  });
  await cast('one', 'two');
  world.system.send(pid, 'three');
  assert.deepEqual(await world.system.call(pid, { type: 'data' }), ['start', 'x', 'x']);
  assert.deepEqual(seen, ['one@a', 'two@b', 'info three@a', 'call@a']);
});

test('[gen_statem state_timeout] arrives when the state lasts, once', async t => {
  const { world, seen } = await machine(t, { actions: { stateTimeout: 100 } });
  await world.clock.advanceAndSettle(99);
  assert.deepEqual(seen, []);
  await world.clock.advanceAndSettle(1);
  await world.clock.advanceAndSettle(1_000);
  assert.deepEqual(seen, ['state_timeout@a']);
});

test('[gen_statem state_timeout] a change of state cancels it, another event does not', async t => {
  const { world, seen, cast } = await machine(t, {
    actions: { stateTimeout: 100 },
    on: event => (isCast(event, 'go') ? toState('b') : undefined),
  });
  await cast('noise');
  await cast('go');
  await world.clock.advanceAndSettle(200);
  assert.deepEqual(seen, ['noise@a', 'go@a']);
});

test('[gen_statem state_timeout] one that is over but waits in the mailbox is cancelled too', async t => {
  const { world, pid, seen } = await machine(t, {
    actions: { stateTimeout: 100 },
    on: event => (isCast(event, 'go') ? toState('b') : undefined),
  });
  world.system.cast(pid, 'go');
  world.clock.advance(100);
  await settle();
  assert.deepEqual(seen, ['go@a']);
});

test('[gen_statem state_timeout] can be set anew, carries its content, and is cancelled by name', async t => {
  const contents: unknown[] = [];
  const { world, cast } = await machine(t, {
    actions: { stateTimeout: 100 },
    on: event => {
      if (event.type === 'state_timeout') contents.push(event.content);
      if (isCast(event, 'set')) return keepState({ stateTimeout: { ms: 50, content: 'again' } });
      if (isCast(event, 'cancel')) return keepState({ stateTimeout: 'cancel' });
      return undefined;
    },
  });
  await cast('set');
  await world.clock.advanceAndSettle(50);
  await cast('set', 'cancel');
  await world.clock.advanceAndSettle(1_000);
  assert.deepEqual(contents, ['again']);
});

test('[gen_statem event_timeout] any event cancels it', async t => {
  const { world, seen, cast } = await machine(t, {
    on: event => (isCast(event, 'wait') ? keepState({ eventTimeout: 100 }) : undefined),
  });
  await cast('wait');
  await world.clock.advanceAndSettle(99);
  await cast('noise');
  await world.clock.advanceAndSettle(100);
  await cast('wait');
  await world.clock.advanceAndSettle(100);
  assert.deepEqual(seen, ['wait@a', 'noise@a', 'wait@a', 'event_timeout@a']);
});

test('[gen_statem generic timeout] named time-outs run on through changes of state, side by side', async t => {
  const { world, seen, cast } = await machine(t, {
    actions: { timeouts: { x: 100, y: 200 } },
    on: event => (isCast(event, 'go') ? toState('b') : undefined),
  });
  await cast('go');
  await world.clock.advanceAndSettle(100);
  await world.clock.advanceAndSettle(100);
  assert.deepEqual(seen, ['go@a', 'timeout x@b', 'timeout y@b']);
});

test('[gen_statem generic timeout] the same name replaces, cancel cancels', async t => {
  const { world, seen, cast } = await machine(t, {
    actions: { timeouts: { x: 100, y: 100 } },
    on: event => (isCast(event, 'later') ? keepState({ timeouts: { x: 300, y: 'cancel' } }) : undefined),
  });
  await cast('later');
  await world.clock.advanceAndSettle(299);
  assert.deepEqual(seen, ['later@a']);
  await world.clock.advanceAndSettle(1);
  assert.deepEqual(seen, ['later@a', 'timeout x@a']);
});

test('[gen_statem postpone] a postponed event is handled again after the next change of state, in the old order, before what came later', async t => {
  const { seen, cast } = await machine(t, {
    on: (event, state) => {
      if (event.type === 'cast' && event.message.startsWith('p') && state === 'a')
        return keepState({ postpone: true });
      return isCast(event, 'go') ? toState('b') : undefined;
    },
  });
  await cast('p1', 'p2', 'go', 'later');
  assert.deepEqual(seen, ['p1@a', 'p2@a', 'go@a', 'p1@b', 'p2@b', 'later@b']);
});

test('[gen_statem postpone] staying in the state, by whatever means, does not bring postponed events back', async t => {
  const { seen, cast } = await machine(t, {
    on: (event, state) => {
      if (isCast(event, 'p')) return keepState({ postpone: true });
      if (isCast(event, 'same')) return toState(state);
      return isCast(event, 'repeat') ? repeatState() : undefined;
    },
  });
  await cast('p', 'same', 'repeat', 'other');
  assert.deepEqual(seen, ['p@a', 'same@a', 'repeat@a', 'other@a']);
});

test('[gen_statem postpone] the event that changes the state may postpone itself', async t => {
  const { seen, cast } = await machine(t, {
    on: (event, state) =>
      isCast(event, 'go') && state === 'a' ? toState('b', { postpone: true }) : undefined,
  });
  await cast('go');
  assert.deepEqual(seen, ['go@a', 'go@b']);
});

test('[gen_statem postpone] a postponed call is answered when its time comes', async t => {
  const { world, pid, cast } = await machine(t, {
    on: (event, state) => {
      if (event.type === 'cast') return toState('b');
      return event.type === 'info' && state === 'a' ? keepState({ postpone: true }) : undefined;
    },
  });
  const statem: GenStatem<undefined, State, undefined, Call, string> = {
    init: () => startIn('a', undefined),
    handleEvent(event, state) {
      if (event.type === 'cast') return toState('b');
      if (event.type !== 'call') return;
      if (state === 'a') return keepState({ postpone: true });
      event.from.reply(['answered']);
    },
  };
  const lock = await startStatem(world.system, statem, undefined);
  const call = world.system.call(lock, { type: 'data' });
  await settle();
  world.system.cast(lock, 'unlock');
  assert.deepEqual(await call, ['answered']);
  await cast('done');
  assert.ok(world.isAlive(pid));
});

test('[gen_statem postpone] postponed messages count against the bound of the mailbox', async t => {
  const world = new World(t);
  const statem: GenStatem<undefined, State, undefined, never, string> = {
    init: () => startIn('a', undefined),
    handleEvent: () => keepState({ postpone: true }),
  };
  const pid = await startStatem(world.system, statem, undefined, { mailbox: { limit: 3 } });
  for (let i = 0; i < 5; i++) {
    world.system.cast(pid, `${i}`);
    await settle();
  }
  assert.equal(world.system.find(pid)?.mailbox.length, 3);
  assert.equal(world.system.deadLetters.count, 2);
});

test('[gen_statem next_event, zero time-outs] inserted events come first, then postponed ones, then time-outs of 0 ms, then the mailbox', async t => {
  const { seen, cast } = await machine(t, {
    on: (event, state) => {
      if (event.type === 'cast' && event.message.startsWith('p') && state === 'a')
        return keepState({ postpone: true });
      if (!isCast(event, 'go')) return undefined;
      return toState('b', { nextEvents: ['i1', 'i2'], stateTimeout: 0, eventTimeout: 0, timeouts: { n: 0 } });
    },
  });
  await cast('p1', 'p2', 'go', 'later');
  assert.deepEqual(seen.slice(2), [
    'go@a',
    'internal i1@b',
    'internal i2@b',
    'p1@b',
    'p2@b',
    'state_timeout@b',
    'timeout n@b',
    'later@b',
  ]);
});

test('[gen_statem next_event] when an inserted event changes the state, postponed events go before the inserted ones that are left', async t => {
  const { seen, cast } = await machine(t, {
    on: (event, state) => {
      if (isCast(event, 'p') && state === 'a') return keepState({ postpone: true });
      if (isCast(event, 'go')) return keepState({ nextEvents: ['i1', 'i2'], timeouts: { n: 0 } });
      return event.type === 'internal' && event.content === 'i1' ? toState('b') : undefined;
    },
  });
  await cast('p', 'go', 'later');
  assert.deepEqual(seen, ['p@a', 'go@a', 'internal i1@a', 'p@b', 'internal i2@b', 'timeout n@b', 'later@b']);
});

test('[gen_statem next_event] works from init', async t => {
  const { seen } = await machine(t, { actions: { nextEvents: ['first'], stateTimeout: 0 } });
  assert.deepEqual(seen, ['internal first@a', 'state_timeout@a']);
});

test('[gen_statem state_enter] entering is an event, the first state and a repeated one included', async t => {
  const { seen, cast } = await machine(t, {
    stateEnter: true,
    on: (event, state) => {
      if (isCast(event, 'go')) return toState('b');
      if (isCast(event, 'repeat')) return repeatState();
      return isCast(event, 'same') ? toState(state) : undefined;
    },
  });
  await cast('go', 'same', 'repeat');
  assert.deepEqual(seen, [
    'enter from a@a',
    'go@a',
    'enter from a@b',
    'same@b',
    'repeat@b',
    'enter from b@b',
  ]);
});

test('[gen_statem state_enter] may set data and time-outs, but not change the state', async t => {
  const { world, pid, cast } = await machine(t, {
    stateEnter: true,
    on: (event, state) => {
      if (event.type === 'enter' && state === 'b') return toState('a');
      return event.type === 'enter' ? keepState({ data: ['entered'] }) : toState('b');
    },
  });
  assert.deepEqual(await new Sys(world.system).getState(pid), { state: 'a', data: ['entered'] });
  const gone = world.goneWith(pid);
  await cast('go');
  assert.match(String(((await gone) as { error: Error }).error), /cannot change/);
});

test('[gen_statem asynchronous handlers] one event at a time, inserted events included', async t => {
  const { seen, cast } = await machine(t, {
    on: async event => {
      await settle();
      return isCast(event, 'one') ? keepState<string[]>({ nextEvents: ['x'] }) : undefined;
    },
  });
  await cast('one', 'two');
  await settle();
  await settle();
  assert.deepEqual(seen, ['one@a', 'internal x@a', 'two@a']);
});

test('[gen_statem stop] runs terminate with reason, state and data', async t => {
  const world = new World(t);
  const ends: unknown[] = [];
  const statem: GenStatem<undefined, State, number, never, string> = {
    init: () => startIn('a', 7),
    handleEvent: event =>
      event.type === 'cast' && event.message === 'stop' ? stop('bye') : toState('b', { data: 8 }),
    terminate: (reason, state, data) => void ends.push([reason, state, data]),
  };
  const pid = await startStatem(world.system, statem, undefined);
  const gone = world.goneWith(pid);
  world.system.cast(pid, 'go');
  world.system.cast(pid, 'stop');
  assert.equal(await gone, 'bye');
  assert.deepEqual(ends, [['bye', 'b', 8]]);
});

test('[gen_statem init] may ignore or fail the start', async t => {
  const world = new World(t);
  const start = (result: () => ReturnType<typeof ignore> | ReturnType<typeof stop>) =>
    tryStartStatem<undefined, State, undefined, never, never, never>(
      world.system,
      { init: result, handleEvent: () => undefined },
      undefined,
    );
  assert.deepEqual(await start(ignore), { kind: 'ignore' });
  assert.deepEqual(await start(() => stop('no')), { kind: 'error', reason: 'no' });
});

test('[gen_statem crash] a throw ends it with the error, exit with the reason', async t => {
  const { world, pid, cast } = await machine(t, {
    on: () => {
      throw new ProcessExit('bye');
    },
  });
  await cast('x');
  assert.equal(await world.goneWith(pid), 'bye');
});

test('[gen_statem links and monitors] EXIT and DOWN arrive as info', async t => {
  const world = new World(t);
  const seen: string[] = [];
  const other = await world.agent();
  const statem: GenStatem<undefined, State, undefined> = {
    trapExit: true,
    init(self) {
      self.monitor(other);
      self.link(other);
      return startIn('a', undefined);
    },
    handleEvent(event) {
      if (event.type === 'info') seen.push(event.message.type);
    },
  };
  await startStatem(world.system, statem, undefined);
  await world.end(other, 'abnormal');
  assert.deepEqual(seen, ['DOWN', 'EXIT']);
});

test('[gen_statem format_status] the live tree shows the name of the state, or what formatStatus makes of it', async t => {
  const { world, pid, cast } = await machine(t, { on: () => toState('b') });
  assert.equal(liveTree(world.system, pid)?.state, 'a');
  await cast('go');
  assert.equal(liveTree(world.system, pid)?.state, 'b');
});

test('[sys replace_state gen_statem] replaces state and data', async t => {
  const { world, pid, seen, cast } = await machine(t, {});
  await new Sys(world.system).replaceState(pid, () => ({ state: 'b', data: ['new'] }));
  await cast('x');
  assert.deepEqual(seen, ['x@b']);
});
