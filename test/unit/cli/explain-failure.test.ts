import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { explainFailure } from '../../../src/cli/explain-failure.ts';
import { TrunklineError } from '../../../src/errors/trunkline-error.ts';
import { gatewayErrors } from '../../../src/gateway/errors.ts';
import { serverChild } from '../../../src/otp/child-spec.ts';
import { ProcessSystem } from '../../../src/otp/process-system.ts';
import { startSupervisor, supervisorChild } from '../../../src/otp/supervisor.ts';
import { supervisorSpec } from '../../../src/otp/supervisor-spec.ts';
import { ManualClock } from '../../support/manual-clock.ts';

async function failedStart(thrown: unknown): Promise<unknown> {
  const failing = serverChild({
    id: 'gateway',
    args: undefined,
    server: {
      init: () => {
        throw thrown;
      },
    },
  });
  const inner = supervisorSpec({ id: 'inner', strategy: 'one_for_one', children: [failing] });
  const outer = supervisorSpec({ id: 'outer', strategy: 'one_for_one', children: [supervisorChild(inner)] });
  return startSupervisor(new ProcessSystem({ clock: new ManualClock() }), outer).then(
    () => assert.fail('it started'),
    (error: unknown) => error,
  );
}

describe('explainFailure', () => {
  it('finds the first cause below the supervisors that hand it up', async () => {
    const cause = new TrunklineError(gatewayErrors, 'port_in_use', '127.0.0.1:4000 is in use', {
      cause: Object.assign(new Error('listen EADDRINUSE'), { code: 'EADDRINUSE' }),
    });
    assert.equal(explainFailure(await failedStart(cause)), '127.0.0.1:4000 is in use');
  });

  it('has a line for whatever was thrown', async () => {
    for (const thrown of ['text', 42, null, undefined, {}])
      assert.match(explainFailure(await failedStart(thrown)), /\w/);
    assert.equal(explainFailure(undefined), 'it did not start');
  });

  it('ends with causes that go in circles', () => {
    const error = new Error('round');
    error.cause = error;
    assert.equal(explainFailure(error), 'round');
  });
});
