import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { rootSection } from '../../../../src/config/sections/root.ts';
import { suggestKey } from '../../../../src/config/validate/suggest-key.ts';

const suggest = (key: string, known: readonly string[]) => suggestKey(key, known, rootSection);

describe('suggestKey', () => {
  it('finds a misspelt key, also in another case and with swapped letters', () => {
    assert.equal(suggest('priorty', ['id', 'priority']), 'did you mean "priority"?');
    assert.equal(suggest('maxBatchSize', ['max_batch_size']), 'did you mean "max_batch_size"?');
    assert.equal(suggest('recovery-timeout', ['recovery_timeout']), 'did you mean "recovery_timeout"?');
    assert.equal(suggest('prot', ['host', 'port']), 'did you mean "port"?');
  });

  it('does not suggest a key that is there already', () => {
    const hint = suggestKey('prot', ['host', 'port'], rootSection, word => word === 'port');
    assert.equal(hint, 'known here: host, port');
  });

  it('says where a key belongs that stands one level off', () => {
    assert.equal(
      suggest('failure_threshold', ['chain_id']),
      'it belongs under "chains.<name>.circuit_breaker"',
    );
    assert.equal(suggest('origins', ['host', 'port']), 'it belongs under "server.cors"');
  });

  it('lists the known keys when it has no guess, and stays short of guessing for long ones', () => {
    assert.equal(suggest('zzz', ['host', 'port']), 'known here: host, port');
    assert.equal(suggest('z'.repeat(100_000), ['host']), 'known here: host');
  });
});
