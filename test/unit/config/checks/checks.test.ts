import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError, reject, withChain } from '../sample-config.ts';

const onlyWarning = (text: string) => {
  const { warnings } = accept(text);
  assert.equal(warnings.length, 1, JSON.stringify(warnings));
  return warnings[0]!;
};

describe('chains checked against each other', () => {
  it('refuses a chain id that stands twice', () => {
    const error = onlyError('chains:\n  a: { chain_id: 7, devnet: {} }\n  b: { chain_id: 7, devnet: {} }\n');
    assert.equal(error.code, 'config_duplicate_name');
    assert.deepEqual([error.line, error.path], [3, 'chains.b.chain_id']);
    assert.match(error.message, /chains\.a/);
  });

  it('refuses a chain with both devnet and providers, and one with neither', () => {
    assert.equal(onlyError(withChain('devnet: {}')).code, 'config_conflict');
    assert.equal(onlyError('chains: { a: { chain_id: 1 } }').code, 'config_missing_key');
    assert.equal(onlyError('chains: { a: { chain_id: 1, providers: [] } }').code, 'config_missing_key');
  });

  it('takes what says which chain it is from its family, and refuses what belongs to the other', () => {
    const providers = 'providers: [{ id: a, url: "https://1.example" }]';
    assert.match(onlyError(`chains: { a: { ${providers} } }`).message, /no `chain_id`/);
    assert.match(onlyError(`chains: { a: { family: solana, ${providers} } }`).message, /no `genesis_hash`/);
    const mixed = onlyError(
      `chains: { a: { family: solana, genesis_hash: devnet, chain_id: 1, ${providers} } }`,
    );
    assert.deepEqual([mixed.code, mixed.path], ['config_conflict', 'chains.a.chain_id']);
    assert.equal(onlyError(withChain('genesis_hash: devnet')).path, 'chains.main.genesis_hash');
    assert.equal(
      onlyError('chains: { a: { family: solana, devnet: { engine: anvil } } }').path,
      'chains.a.devnet.engine',
    );
  });

  it('knows the clusters by name, and that they are one chain each', () => {
    const provider = (n: number) => `providers: [{ id: a, url: "https://${n}.example" }]`;
    const chain = (hash: string, n: number) => `{ family: solana, genesis_hash: ${hash}, ${provider(n)} }`;
    const { a } = accept(`chains: { a: ${chain('mainnet-beta', 1)} }`).config.chains;
    assert.equal(a?.genesis_hash, '5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d');
    const twice = onlyError(`chains: { a: ${chain('devnet', 1)}, b: ${chain('devnet', 2)} }`);
    assert.equal(twice.code, 'config_duplicate_name');
    assert.match(
      onlyError(`chains: { a: ${chain('main-net', 1)} }`).hint ?? '',
      /mainnet-beta|getGenesisHash/,
    );
  });

  it('gives a Solana chain the slot time and the lag of one', () => {
    const { a } = accept('chains: { a: { family: solana, devnet: {} } }').config.chains;
    assert.deepEqual([a?.block_time, a?.devnet?.engine, a?.health.max_block_lag], [400, 'litesvm', 20]);
    const { b } = accept(
      'chains: { b: { family: solana, devnet: { block_time: 1s }, health: { max_block_lag: 3 } } }',
    ).config.chains;
    assert.deepEqual([b?.block_time, b?.health.max_block_lag], [1000, 3]);
  });

  it('warns of a block time that differs from that of the devnet', () => {
    assert.match(
      onlyWarning('chains: { a: { chain_id: 1, block_time: 2s, devnet: { block_time: 1s } } }').message,
      /differs from that of its devnet/,
    );
  });
});

describe('providers checked against each other', () => {
  it('refuses ids that differ in case only', () => {
    const error = onlyError(
      withChain('', '- { id: one, url: "https://1.example" }\n- { id: One, url: "https://2.example" }'),
    );
    assert.equal(error.code, 'config_duplicate_name');
    assert.equal(error.path, 'chains.main.providers[1].id');
  });

  it('allows the same id in two chains', () => {
    accept(`${withChain()}  other:\n    chain_id: 2\n    providers: [{ id: a, url: "https://c.example" }]\n`);
  });

  it('refuses a provider without address, and one whose addresses are swapped', () => {
    assert.equal(onlyError(withChain('', '- { id: a }')).code, 'config_missing_key');
    const { diagnostics } = reject(
      withChain('', '- { id: a, url: "ws://a.example", ws_url: "http://a.example" }'),
    );
    assert.deepEqual(
      diagnostics.map(({ hint }) => hint),
      ['this is a WebSocket URL: move it to `ws_url`', 'this is an HTTP URL: move it to `url`'],
    );
  });

  it('accepts a provider with only a WebSocket', () => {
    accept(withChain('', '- { id: a, ws_url: "wss://a.example" }'));
  });

  it('warns of two providers with one address', () => {
    assert.match(
      onlyWarning(
        withChain('', '- { id: a, url: "https://x.example" }\n- { id: b, url: "https://x.example" }'),
      ).message,
      /same address/,
    );
  });
});

describe('tuning checked against itself', () => {
  it('warns of a de-duplication window that the cache cannot hold', () => {
    const warning = onlyWarning(withChain('aggregation: { deduplication_window: 1m }'));
    assert.equal(warning.path, 'chains.main.aggregation.deduplication_window');
    assert.match(warning.hint ?? '', /60000/);
    assert.deepEqual(
      accept(withChain('aggregation: { deduplication_window: 1m, max_cache_size: 60000 }')).warnings,
      [],
    );
  });

  it('warns when the attempts use up the deadline before the last one', () => {
    assert.match(
      onlyWarning(withChain('failover: { deadline: 1s, attempt_share: 0.95 }')).message,
      /leave 50ms to attempt 2/,
    );
    assert.deepEqual(
      accept(withChain('failover: { deadline: 1s, attempt_share: 0.95, max_attempts: 1 }')).warnings,
      [],
    );
  });

  it('refuses bounds that are the wrong way round', () => {
    for (const lines of [
      'circuit_breaker: { recovery_timeout: 2m, max_recovery_timeout: 1m }',
      'websocket: { reconnect_min: 1m, reconnect_max: 1s }',
      'failover: { cooldown: 2m }',
    ]) {
      assert.equal(onlyError(withChain(lines)).code, 'config_conflict', lines);
    }
  });

  it('points into `defaults`, once, when the value comes from there', () => {
    const error = onlyError(
      'defaults:\n  circuit_breaker: { recovery_timeout: 20m }\nchains:\n  a: { chain_id: 1, devnet: {} }\n  b: { chain_id: 2, devnet: {} }\n',
    );
    assert.deepEqual([error.line, error.code], [2, 'config_conflict']);
  });

  it('warns of probes that would overlap', () => {
    assert.match(
      onlyWarning(withChain('health: { probe_interval: 1s, probe_timeout: 2s }')).message,
      /overlap/,
    );
  });

  it('draws no conclusions from a value that is itself in error', () => {
    assert.equal(
      onlyError(withChain('circuit_breaker: { recovery_timeout: 5s, max_recovery_timeout: soon }')).code,
      'config_invalid_value',
    );
    assert.equal(onlyError(withChain('', '- { id: a, url: nowhere }')).code, 'config_invalid_value');
    assert.equal(
      onlyError(
        'chains: { a: { chain_id: x, devnet: {} }, b: { chain_id: y, devnet: {} } }'.replace('y', '2'),
      ).path,
      'chains.a.chain_id',
    );
  });
});

describe('ports checked against each other', () => {
  const devnets = (a: number, b: number, port = 4000) =>
    `server: { port: ${port} }\nchains:\n  a: { chain_id: 1, devnet: { base_port: ${a} } }\n  b: { chain_id: 2, devnet: { base_port: ${b} } }\n`;

  it('refuses devnets whose ports overlap', () => {
    assert.match(onlyError(devnets(9000, 9003)).message, /port 9003 .* `chains\.a`/);
    accept(devnets(9000, 9004));
    accept(devnets(0, 0));
  });

  it('refuses a devnet on the port of the server', () => {
    assert.match(onlyError(devnets(0, 3998)).message, /port 4000 .* `server\.port`/);
  });
});
