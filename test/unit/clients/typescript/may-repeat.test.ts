import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { mayRepeat } from '../../../../clients/typescript/src/may-repeat.ts';

describe('mayRepeat', () => {
  it('repeats reads', () => {
    for (const method of ['eth_call', 'eth_getLogs', 'eth_blockNumber', 'net_version', 'debug_traceCall'])
      assert.ok(mayRepeat(method), method);
  });

  it('does not repeat what writes, consumes or is unknown', () => {
    for (const method of [
      'eth_sendRawTransaction',
      'eth_sendTransaction',
      'eth_getFilterChanges',
      'eth_newFilter',
      'eth_subscribe',
      'anvil_mine',
      'evm_mine',
      'eth_sign',
      'debug_setHead',
      'eth_callx',
      'x_eth_call',
    ])
      assert.ok(!mayRepeat(method), method);
  });
});
