import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type ErrorCatalogue, TrunklineError } from '../../../src/errors/trunkline-error.ts';

const catalogue = {
  upstream_timeout: {
    sentence: 'The provider did not answer in time.',
    retryable: true,
    penalizesBreaker: true,
  },
  bad_config: { sentence: 'The configuration is wrong.' },
} as const satisfies ErrorCatalogue;

describe('TrunklineError', () => {
  it('takes how it is treated from the catalogue', () => {
    const error = new TrunklineError(catalogue, 'upstream_timeout', 'no answer in 3 s');
    assert.equal(error.code, 'upstream_timeout');
    assert.equal(error.message, 'no answer in 3 s');
    assert.ok(error.retryable && error.penalizesBreaker);
  });

  it('is neither retryable nor counted against a provider unless the catalogue says so', () => {
    const error = new TrunklineError(catalogue, 'bad_config', 'x');
    assert.ok(!error.retryable && !error.penalizesBreaker);
  });

  it('keeps details and cause, and has no cause of its own', () => {
    const cause = new Error('socket');
    const error = new TrunklineError(catalogue, 'bad_config', 'x', { cause, details: { line: 3 } });
    assert.equal(error.cause, cause);
    assert.deepEqual(error.details, { line: 3 });
    assert.ok(!('cause' in new TrunklineError(catalogue, 'bad_config', 'x')));
  });

  it('refuses a code that is not in the catalogue at compile time', () => {
    // @ts-expect-error: only codes of the catalogue are accepted
    assert.throws(() => new TrunklineError(catalogue, 'upstream_timout', 'x'));
  });
});
