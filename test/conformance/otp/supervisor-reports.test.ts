import assert from 'node:assert/strict';
import { test } from 'node:test';
import { stop } from '../../../src/otp/results.ts';
import { terminateChild } from '../../../src/otp/supervisor.ts';
import { child, forever, settle, World } from './support.ts';

test('[supervisor_SUITE format_log child_terminated] the end of a restarted child is reported with reason and offender', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ intensity: 1, children: [child('a')] });
  const pid = await world.child(sup, 'a');
  await world.end(pid, 'abnormal');
  assert.deepEqual(world.reports, [
    { supervisor: sup, errorContext: 'child_terminated', reason: 'abnormal', offender: { id: 'a', pid } },
  ]);
});

test('[supervisor_SUITE format_log start_error] a child that does not start is reported', async t => {
  const world = new World(t);
  await assert.rejects(world.supervisor({ children: [child('a', { init: () => stop('no') })] }));
  assert.deepEqual(
    world.reports.map(({ errorContext, reason, offender }) => [errorContext, reason, offender]),
    [['start_error', 'no', { id: 'a', pid: undefined }]],
  );
});

test('[supervisor_SUITE format_log shutdown] the restart that is one too many is reported as reached_max_restart_intensity', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ intensity: 0, children: [child('a')] });
  const pid = await world.child(sup, 'a');
  await world.end(pid, 'abnormal');
  assert.deepEqual(
    world.reports.map(report => [report.errorContext, report.reason]),
    [
      ['child_terminated', 'abnormal'],
      ['shutdown', 'reached_max_restart_intensity'],
    ],
  );
});

test('[supervisor_SUITE format_log shutdown_error] a child that had to be killed is reported', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a', { terminate: forever }, { shutdown: 10 })] });
  const pid = await world.child(sup, 'a');
  const terminated = terminateChild(world.system, sup, 'a');
  await settle();
  world.clock.advance(10);
  await terminated;
  assert.deepEqual(world.reports, [
    { supervisor: sup, errorContext: 'shutdown_error', reason: 'killed', offender: { id: 'a', pid } },
  ]);
});

test('[supervisor_SUITE external_start_no_progress_log] an orderly end of a temporary child is no report', async t => {
  const world = new World(t);
  const sup = await world.supervisor({ children: [child('a', {}, { restart: 'temporary' })] });
  await world.end(await world.child(sup, 'a'), 'normal');
  assert.deepEqual(world.reports, []);
});
