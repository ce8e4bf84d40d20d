import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { solanaFamily } from '../../../src/chains/solana/solana-family.ts';
import { ChainDirectory, type ChainRuntime } from '../../../src/gateway/chain-directory.ts';
import { FakeChain } from './routing/fake-chain.ts';

const chain = (name: string, chainId: number): ChainRuntime => ({
  ...new FakeChain(1).chain,
  name,
  identity: String(chainId),
});

describe('ChainDirectory', () => {
  it('finds a chain by name, by chain id and by CAIP-2 id', () => {
    const directory = new ChainDirectory();
    const ethereum = chain('ethereum', 1);
    directory.put(ethereum);
    for (const alias of ['ethereum', '1', 'eip155:1']) assert.equal(directory.find(alias), ethereum, alias);
    for (const alias of ['Ethereum', '01', 'eip155:2', '', '__proto__', 'constructor'])
      assert.equal(directory.find(alias), undefined, alias);
  });

  it('finds a chain of Solana by its CAIP-2 id, which holds the front of its genesis hash', () => {
    const directory = new ChainDirectory();
    const solana: ChainRuntime = {
      ...chain('solana', 1),
      family: solanaFamily,
      identity: '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d',
    };
    directory.put(solana);
    for (const alias of ['solana', 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdp'])
      assert.equal(directory.find(alias), solana, alias);
    for (const alias of ['1', 'eip155:1', 'solana:5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d'])
      assert.equal(directory.find(alias), undefined, alias);
  });

  it('finds a percent-encoded alias and one with one trailing slash; a malformed one is nobody', () => {
    const directory = new ChainDirectory();
    const ethereum = chain('ethereum', 1);
    directory.put(ethereum);
    for (const alias of ['eip155%3A1', 'eip155%3a1', 'eip155%3A1/', 'ethereum/', '%65thereum', '1/'])
      assert.equal(directory.find(alias), ethereum, alias);
    for (const alias of [
      'ethereum//',
      '/ethereum',
      'eip155%3',
      '%',
      '%zz',
      '%ff',
      'ethereum%',
      '/',
      'eip155%253A1',
    ])
      assert.equal(directory.find(alias), undefined, alias);
  });

  it('prefers a name to the number of another chain', () => {
    const directory = new ChainDirectory();
    const named = chain('10', 7);
    directory.put(named);
    directory.put(chain('optimism', 10));
    assert.equal(directory.find('10'), named);
    assert.equal(directory.find('eip155:10')?.name, 'optimism');
  });

  it('puts a chain in place of an earlier one of its name, and forgets removed ones', () => {
    const directory = new ChainDirectory();
    directory.put(chain('test', 1));
    const second = chain('test', 2);
    directory.put(second);
    assert.equal(directory.find('1'), undefined);
    assert.equal(directory.find('2'), second);
    directory.remove('test');
    assert.deepEqual(
      [directory.find('test'), directory.find('2'), directory.names],
      [undefined, undefined, []],
    );
  });
});
