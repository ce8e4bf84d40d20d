import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { MethodPolicy } from '../../../../src/chains/chain-family.ts';
import { evmFamily } from '../../../../src/chains/evm/evm-family.ts';

describe('evm policies', () => {
  const classes: [MethodPolicy['class'], string[]][] = [
    [
      'immutable',
      ['eth_chainId', 'net_version', 'web3_sha3', 'eth_getBlockByHash', 'eth_getUncleByBlockHashAndIndex'],
    ],
    ['tx_lookup', ['eth_getTransactionByHash', 'eth_getTransactionReceipt', 'debug_traceTransaction']],
    [
      'pinned',
      [
        'eth_call',
        'eth_getLogs',
        'eth_getBalance',
        'eth_getBlockByNumber',
        'debug_traceCall',
        'trace_filter',
      ],
    ],
    ['tag', ['eth_blockNumber', 'eth_gasPrice', 'eth_syncing', 'web3_clientVersion', 'txpool_content']],
    ['raw_write', ['eth_sendRawTransaction']],
    [
      'upstream_signed',
      [
        'eth_sendTransaction',
        'eth_submitWork',
        'personal_sign',
        'evm_mine',
        'anvil_setBalance',
        'hardhat_reset',
        'engine_newPayloadV4',
        'eth_sendRawTransactionSync',
      ],
    ],
    ['filter_create', ['eth_newFilter', 'eth_newBlockFilter', 'eth_newPendingTransactionFilter']],
    ['filter_consume', ['eth_getFilterChanges', 'eth_uninstallFilter']],
    ['filter_read', ['eth_getFilterLogs']],
    ['subscription', ['eth_subscribe', 'eth_unsubscribe']],
    [
      'unknown',
      ['foo_bar', 'ETH_CALL', ' eth_call', 'eth_call\0', '', '__proto__', 'constructor', 'toString'],
    ],
  ];
  for (const [kind, methods] of classes) {
    for (const method of methods) {
      it(`puts ${JSON.stringify(method)} into ${kind}`, () => {
        const policy = evmFamily.policy(method);
        assert.equal(policy.class, kind);
        assert.equal(policy.method, method);
        assert.equal(policy.label, kind === 'unknown' ? 'other' : method);
      });
    }
  }

  it('sends reads on to other providers, raw writes with care and all else once', () => {
    for (const [kind, methods] of classes) {
      const expected = ['immutable', 'tx_lookup', 'pinned', 'tag'].includes(kind)
        ? 'failover'
        : kind === 'raw_write'
          ? 'raw_write'
          : 'once';
      for (const method of methods) assert.equal(evmFamily.policy(method).dispatch, expected, method);
    }
  });

  it('hedges nothing that may act, nor what is dear or differs from node to node', () => {
    for (const [kind, methods] of classes) {
      if (['immutable', 'tx_lookup', 'pinned', 'tag'].includes(kind)) continue;
      for (const method of methods) assert.equal(evmFamily.policy(method).hedge, false, method);
    }
    for (const method of ['debug_traceTransaction', 'trace_block', 'trace_filter', 'txpool_content'])
      assert.equal(evmFamily.policy(method).hedge, false);
    for (const method of ['eth_call', 'eth_chainId', 'eth_getTransactionReceipt', 'eth_blockNumber'])
      assert.equal(evmFamily.policy(method).hedge, true);
  });

  it('takes a null as final except where a provider that is behind says it', () => {
    for (const method of ['eth_getTransactionReceipt', 'eth_getTransactionByHash', 'eth_getBlockByHash'])
      assert.equal(evmFamily.policy(method).nullIsFinal, false);
    for (const method of ['eth_getBlockByNumber', 'eth_call', 'foo_bar'])
      assert.equal(evmFamily.policy(method).nullIsFinal, true);
  });

  it('gives the same object for a known method each time, which nobody can change', () => {
    assert.equal(evmFamily.policy('eth_call'), evmFamily.policy('eth_call'));
    assert.ok(Object.isFrozen(evmFamily.policy('eth_call')));
  });
});

describe('evm probes', () => {
  const { identity, syncing, head } = evmFamily.probes;

  it('read the chain id', () => {
    assert.equal(identity.read(Buffer.from('"0x7a69"')), '31337');
    assert.equal(identity.read(Buffer.from('"x"')), undefined);
    assert.equal(identity.read(Buffer.from('null')), undefined);
  });

  it('read whether a provider is syncing', () => {
    assert.equal(syncing.read(Buffer.from('false')), false);
    assert.equal(
      syncing.read(Buffer.from('{"startingBlock":"0x0","currentBlock":"0x1","highestBlock":"0x2"}')),
      true,
    );
    assert.equal(syncing.read(Buffer.from('null')), undefined);
  });

  it('read the head', () => {
    assert.equal(head.method, 'eth_getBlockByNumber');
    assert.deepEqual(JSON.parse(head.params), ['latest', false]);
    assert.equal(head.read(Buffer.from('null')), undefined);
  });
});
