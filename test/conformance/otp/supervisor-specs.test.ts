import assert from 'node:assert/strict';
import { test } from 'node:test';
import { serverChild } from '../../../src/otp/child-spec.ts';
import { OtpError } from '../../../src/otp/errors.ts';
import {
  dynamicSupervisorSpec,
  type SupervisorOptions,
  supervisorSpec,
} from '../../../src/otp/supervisor-spec.ts';
import { agent, child } from './support.ts';

function refusal(options: Record<string, unknown>): string {
  try {
    supervisorSpec({
      id: 'sup',
      strategy: 'one_for_one',
      children: [],
      ...options,
    } as unknown as SupervisorOptions);
  } catch (error) {
    assert.ok(error instanceof OtpError && error.code === 'supervisor_spec_invalid');
    return (error.details.reason as { code: string }).code;
  }
  return 'accepted';
}

const refusedChild = (fields: Record<string, unknown>): string =>
  refusal({ autoShutdown: 'any_significant', children: [{ ...child('a'), ...fields }] });

const childCases: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['sup_start_map_faulty_specs: no id', { id: undefined }, 'missing_id'],
  ['sup_start_map_faulty_specs: no start', { start: undefined }, 'missing_start'],
  ['child_specs: a start that is no function', { start: 'later' }, 'invalid_start'],
  ['child_specs: restart', { restart: 'often' }, 'invalid_restart_type'],
  ['child_specs: shutdown', { shutdown: -1 }, 'invalid_shutdown'],
  ['child_specs: shutdown 0 is legal', { shutdown: 0 }, 'accepted'],
  ['child_specs: type', { type: 'helper' }, 'invalid_child_type'],
  ['child_specs: significant', { significant: 'yes' }, 'invalid_significant'],
  ['child_specs: significant and permanent', { significant: true }, 'bad_combination'],
  ['sup_start_map: unknown keys are ignored', { colour: 'red' }, 'accepted'],
];

for (const [title, fields, expected] of childCases) {
  test(`[supervisor_SUITE ${title}] is ${expected}`, () => {
    assert.equal(refusedChild(fields), expected);
  });
}

const flagCases: readonly (readonly [string, Record<string, unknown>, string])[] = [
  ['strategy', { strategy: 'none_for_none' }, 'invalid_strategy'],
  ['intensity', { intensity: -1 }, 'invalid_intensity'],
  ['period 0', { periodMs: 0 }, 'invalid_period'],
  ['period infinity', { periodMs: Number.POSITIVE_INFINITY }, 'invalid_period'],
  ['auto_shutdown', { autoShutdown: 'sometimes' }, 'invalid_auto_shutdown'],
  ['an unknown flag', { colour: 'red' }, 'accepted'],
];

for (const [title, options, expected] of flagCases) {
  test(`[supervisor_SUITE sup_flags: ${title}] is ${expected}`, () => {
    assert.equal(refusal(options), expected);
  });
}

test('[supervisor_SUITE child_specs: no object] is invalid_child_spec', () => {
  assert.equal(refusal({ children: ['child'] }), 'invalid_child_spec');
});

test('[supervisor_SUITE child_specs: duplicate ids] is duplicate_child_name', () => {
  assert.equal(refusal({ children: [child('a'), child('b'), child('a')] }), 'duplicate_child_name');
});

test('[supervisor_SUITE child_specs: significant under auto_shutdown never] is bad_combination', () => {
  const significant = { ...child('a'), restart: 'transient', significant: true };
  assert.equal(refusal({ children: [significant] }), 'bad_combination');
});

test('[Supervisor init/2] defaults are 3 restarts in 5 seconds and auto_shutdown never', () => {
  const spec = supervisorSpec({ id: 'sup', strategy: 'one_for_one', children: [] });
  assert.deepEqual([spec.intensity, spec.periodMs, spec.autoShutdown], [3, 5_000, 'never']);
});

test('[supervisor_SUITE child_specs] a wrong specification does not compile', () => {
  // @ts-expect-error the strategy is mandatory
  assert.throws(() => supervisorSpec({ id: 'sup', children: [] }));
  // @ts-expect-error there is no such strategy
  assert.throws(() => supervisorSpec({ id: 'sup', strategy: 'two_for_one', children: [] }));
  // @ts-expect-error a significant child cannot be permanent
  serverChild({ id: 'a', server: agent, args: {}, restart: 'permanent', significant: true });
  // @ts-expect-error there is no such restart type
  serverChild({ id: 'a', server: agent, args: {}, restart: 'always' });
  // @ts-expect-error the arguments are not those of the behaviour
  serverChild({ id: 'a', server: agent, args: { trapExit: 'yes' } });
  // @ts-expect-error a child needs an id
  serverChild({ server: agent, args: {} });
  const significant = serverChild({
    id: 'a',
    server: agent,
    args: {},
    restart: 'transient',
    significant: true,
  });
  // @ts-expect-error a significant child needs an autoShutdown other than never
  assert.throws(() => supervisorSpec({ id: 'sup', strategy: 'one_for_one', children: [significant] }));
  // @ts-expect-error a dynamic supervisor has no significant children
  dynamicSupervisorSpec({ id: 'sup', child: () => significant });
});
