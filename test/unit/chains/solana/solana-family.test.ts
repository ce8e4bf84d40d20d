import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { familyOf } from '../../../../src/chains/families.ts';
import { solanaFamily } from '../../../../src/chains/solana/solana-family.ts';

const genesis = 'EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG';

describe('solanaFamily', () => {
  it('is found by its name', () => assert.equal(familyOf('solana'), solanaFamily));

  it('is called by its CAIP-2 id', () =>
    assert.deepEqual(solanaFamily.aliases(genesis), ['solana:EtWTRABZaYq6iMfeYKouRu166VU2xqa1']));

  it('sends what may do anything once, and writes as writes', () => {
    const policy = (method: string) => solanaFamily.policy(method);
    assert.deepEqual(policy('getBalance').dispatch, 'failover');
    assert.deepEqual(policy('sendTransaction').dispatch, 'raw_write');
    assert.deepEqual(policy('sendTransaction').hedge, false);
    assert.deepEqual(policy('requestAirdrop').dispatch, 'once');
    assert.deepEqual(policy('requestAirdrop').class, 'upstream_signed');
    assert.deepEqual(policy('getAsset'), {
      method: 'getAsset',
      class: 'unknown',
      dispatch: 'once',
      hedge: false,
      nullIsFinal: true,
      label: 'other',
    });
    for (const method of ['constructor', '__proto__', 'toString', 'GETBALANCE', 'getBalance '])
      assert.equal(policy(method).class, 'unknown', method);
    assert.equal(policy('getTransaction').nullIsFinal, false);
    assert.equal(policy('logsSubscribe').class, 'subscription');
  });

  it('gives one object for all calls of a method', () =>
    assert.equal(solanaFamily.policy('getSlot'), solanaFamily.policy('getSlot')));
});

describe('the probes of Solana', () => {
  const { identity, syncing, head } = solanaFamily.probes;

  it('read the genesis hash', () => {
    assert.equal(identity.read(Buffer.from(`"${genesis}"`)), genesis);
    for (const text of ['"0x1"', 'null', '7', '""', '"not base58 0OIl"'])
      assert.equal(identity.read(Buffer.from(text)), undefined, text);
  });

  it('read a slot as a head whose hash is its text', () => {
    assert.deepEqual(head.read(Buffer.from('341197053')), {
      number: 341_197_053,
      hash: '341197053',
      parentHash: '',
      timestamp: 0,
    });
    assert.equal(head.read(Buffer.from('"5"')), undefined);
  });

  it('tell a node that is catching up from one whose lag is known', () => {
    assert.equal(syncing.read(Buffer.from('"ok"')), false);
    assert.equal(syncing.read(Buffer.from('"behind"')), true);
    assert.equal(syncing.read(Buffer.from('{}')), undefined);
    const told = (code: number, message: string) => syncing.readError({ code, message });
    assert.equal(told(-32005, 'Node is behind by 42 slots'), 42);
    assert.equal(told(-32005, 'Node is unhealthy'), true);
    assert.equal(told(-32601, 'Method not found'), undefined);
  });
});
