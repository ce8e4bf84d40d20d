import assert from 'node:assert/strict';
import { it } from 'node:test';
import { isLoopback } from '../../../src/security/is-loopback.ts';

it('takes the addresses and the name of this machine for loopback, and nothing else', () => {
  for (const host of ['127.0.0.1', '127.255.1.2', '::1', '0:0:0:0:0:0:0:1', 'localhost', 'LOCALHOST'])
    assert.ok(isLoopback(host), host);
  for (const host of ['0.0.0.0', '::', '10.0.0.1', '128.0.0.1', 'localhost.example', '127.0.0.1.example', ''])
    assert.equal(isLoopback(host), false, host);
});
