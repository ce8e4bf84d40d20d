import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { describe, it } from 'node:test';
import { fileURLToPath } from 'node:url';
import { load } from '../../../src/config/load.ts';

const path = fileURLToPath(new URL('../../../config/chains.yaml', import.meta.url));

const keys = {
  INFURA_API_KEY: 'infura-key-1',
  ALCHEMY_API_KEY: 'alchemy-key-2',
  ANKR_API_KEY: 'ankr-key-3',
  QUICKNODE_ETHEREUM: 'one.quiknode.pro/key-4',
  QUICKNODE_BASE: 'two.base-mainnet.quiknode.pro/key-5',
  HELIUS_API_KEY: 'helius-key-6',
  TRITON_ENDPOINT: 'three.rpcpool.com',
  TRITON_TOKEN: 'triton-key-7',
};

describe('config/chains.yaml as shipped', () => {
  it('starts the three local chains and contacts nobody without keys', async () => {
    const result = await load(path, {});
    assert.ok(result.ok);
    const { chains } = result.config;
    assert.deepEqual(Object.keys(chains), [
      'devnet',
      'devnet2',
      'solana-devnet',
      'ethereum',
      'base',
      'arbitrum',
      'optimism',
      'polygon',
      'bsc',
      'solana',
    ]);
    for (const [name, chain] of Object.entries(chains)) {
      assert.deepEqual(chain.providers, [], name);
      assert.equal(chain.devnet !== undefined, name.includes('devnet'));
    }
    assert.equal(result.leftOut.length, 21);
    assert.deepEqual(result.warnings, []);
  });

  it('has two or three providers with a WebSocket for every public chain, given the keys', async () => {
    const result = await load(path, keys);
    assert.ok(result.ok);
    assert.deepEqual(result.leftOut, []);
    assert.deepEqual(result.warnings, []);
    for (const [name, chain] of Object.entries(result.config.chains)) {
      if (chain.devnet !== undefined) continue;
      assert.ok(chain.providers.length === 2 || chain.providers.length === 3, name);
      for (const { id, url, ws_url } of chain.providers) {
        assert.equal(new URL(url ?? '').protocol, 'https:', `${name} ${id}`);
        assert.equal(new URL(ws_url ?? '').protocol, 'wss:', `${name} ${id}`);
      }
    }
  });

  it('knows which chains they are, and their block times', async () => {
    const result = await load(path, {});
    assert.ok(result.ok);
    assert.deepEqual(
      Object.entries(result.config.chains).map(([name, { chain_id, genesis_hash, block_time }]) => [
        name,
        chain_id ?? genesis_hash,
        block_time,
      ]),
      [
        ['devnet', 31337, 1000],
        ['devnet2', 31338, 1000],
        ['solana-devnet', undefined, 400],
        ['ethereum', 1, 12_000],
        ['base', 8453, 2000],
        ['arbitrum', 42161, 250],
        ['optimism', 10, 2000],
        ['polygon', 137, 2000],
        ['bsc', 56, 450],
        ['solana', '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d', 400],
      ],
    );
  });

  it('names its schema for editors in the first line', async () => {
    const [first] = (await readFile(path, 'utf8')).split('\n');
    assert.equal(first, '# yaml-language-server: $schema=chains.schema.json');
  });

  it('stays valid with the commented defaults switched on', async () => {
    const text = (await readFile(path, 'utf8')).replaceAll(/^# ( +\w+: \{.*|defaults:)$/gm, '$1');
    assert.match(text, /^defaults:$/m);
    const { parseConfig } = await import('../../../src/config/parse-config.ts');
    const shown = parseConfig(text, path, {});
    const plain = await load(path, {});
    assert.ok(shown.ok && plain.ok);
    assert.deepEqual(shown.config, plain.config, 'the values shown are the defaults');
  });
});
