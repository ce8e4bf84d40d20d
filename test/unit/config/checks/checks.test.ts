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

  it('says that solana is not in this version', () => {
    const error = onlyError(withChain('family: solana'));
    assert.equal(error.code, 'config_unsupported');
    assert.match(error.message, /not in this version/);
    assert.equal(onlyError('chains: { sol: { chain_id: 101, family: solana } }').code, 'config_unsupported');
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
