import assert from 'node:assert/strict';
import { test } from 'node:test';
import { endOfStatus } from '../../../../src/sources/geyser/stream-end.ts';

test('what servers say is told apart', () => {
  const reasons = [
    [14, 'No connection established', 'unreachable'],
    [14, 'No connection established. Last error: Error: self-signed certificate', 'tls_failed'],
    [14, 'Last error: Error: 40:error:0A00010B:SSL routines:wrong version number', 'tls_failed'],
    [16, 'no valid auth token', 'refused'],
    [7, '', 'refused'],
    [8, 'Received message larger than max (5 vs. 4)', 'too_large'],
    [8, 'too many streams', 'exhausted'],
    [13, 'lagged to receive geyser messages', 'lagged'],
    [13, 'from_slot is not supported', 'no_replay'],
    [13, 'boom', 'internal'],
    [12, '', 'no_replay'],
    [3, 'failed to create filter: too many accounts', 'bad_request'],
    [0, '', 'closed'],
    [99, '', 'unreachable'],
  ] as const;
  for (const [code, details, reason] of reasons)
    assert.equal(endOfStatus(code, details).reason, reason, details);
});

test('the oldest slot is read where the server names it', () => {
  const details = 'broadcast from 5 is not available, last available: 123456';
  assert.equal(endOfStatus(11, details).available, 123456);
  assert.equal(endOfStatus(11, 'no').available, undefined);
});

test('the message has nothing of what the server said', () => {
  assert.doesNotMatch(endOfStatus(14, 'connect ECONNREFUSED 10.0.0.1:443 token=abc').message, /10\.0|abc/);
});
