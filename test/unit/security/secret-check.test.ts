import assert from 'node:assert/strict';
import { it } from 'node:test';
import { secretCheck } from '../../../src/security/secret-check.ts';

it('accepts the secret and nothing that is shorter, longer or like it', () => {
  const isSecret = secretCheck('correct horse');
  assert.ok(isSecret(Buffer.from('correct horse')));
  for (const given of ['', 'correct', 'correct horse ', 'Correct horse'])
    assert.equal(isSecret(Buffer.from(given)), false, given);
});
