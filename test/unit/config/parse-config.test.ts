import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError, reject, smallest, withChain } from './sample-config.ts';

describe('parseConfig', () => {
  it('fills every setting that is left out with its default', () => {
    const { config } = accept(smallest);
    assert.equal(config.server.host, '127.0.0.1');
    assert.equal(config.server.port, 4000);
    assert.equal(config.server.max_request_bytes, 10 * 2 ** 20);
    assert.equal(config.server.keep_alive_timeout, 65_000);
    assert.deepEqual(config.admin, {});
    assert.deepEqual(config.log, { level: 'info', format: 'auto' });
    const chain = config.chains.local!;
    assert.equal(chain.family, 'evm');
    assert.deepEqual(chain.circuit_breaker, {
      failure_threshold: 5,
      recovery_timeout: 60_000,
      success_threshold: 2,
      max_recovery_timeout: 600_000,
      jitter: 0.1,
    });
    assert.equal(chain.aggregation.max_cache_size, 10_000);
    assert.equal(chain.aggregation.deduplication_window, 2000);
    assert.equal(chain.aggregation.eviction_ratio, 0.1);
    assert.deepEqual(chain.providers, []);
  });

  it('reads durations in milliseconds and with units, and sizes in bytes and with units', () => {
    const { config } = accept(
      `server: { drain_timeout: 2500, headers_timeout: 1.5s, max_request_bytes: 2MiB, max_response_bytes: 3 MB }\n${smallest}`,
    );
    assert.equal(config.server.drain_timeout, 2500);
    assert.equal(config.server.headers_timeout, 1500);
    assert.equal(config.server.max_request_bytes, 2 * 2 ** 20);
    assert.equal(config.server.max_response_bytes, 3_000_000);
  });

  it('applies `defaults` to every chain, and lets a chain override single keys of it', () => {
    const { config } = accept(
      [
        'defaults:',
        '  failover: { deadline: 5s, retry_budget: { ratio: 0.5 } }',
        '  selection: { strategy: fastest }',
        'chains:',
        '  one: { chain_id: 1, devnet: {} }',
        '  two: { chain_id: 2, devnet: {}, failover: { retry_budget: { minimum: 9 } }, selection: { strategy: priority } }',
      ].join('\n'),
    );
    const { one, two } = config.chains;
    assert.equal(one!.failover.deadline, 5000);
    assert.deepEqual(one!.failover.retry_budget, { ratio: 0.5, minimum: 3 });
    assert.equal(one!.selection.strategy, 'fastest');
    assert.equal(two!.failover.deadline, 5000);
    assert.deepEqual(two!.failover.retry_budget, { ratio: 0.5, minimum: 9 });
    assert.equal(two!.selection.strategy, 'priority');
    assert.equal('defaults' in config, false);
  });

  it('takes the block time of a devnet from the devnet, and the polling of heads from the block time', () => {
    const { config } = accept(
      [
        'chains:',
        '  quick: { chain_id: 1, devnet: { block_time: 250ms } }',
        '  slow: { chain_id: 2, block_time: 1m, providers: [{ id: a, url: "https://a.example" }] }',
        '  set: { chain_id: 3, block_time: 4s, health: { head_poll_interval: 9s }, providers: [{ id: a, url: "https://a.example" }] }',
        '  between: { chain_id: 4, block_time: 4s, providers: [{ id: a, url: "https://a.example" }] }',
      ].join('\n'),
    );
    const poll = (name: string) => config.chains[name]!.health.head_poll_interval;
    assert.equal(config.chains.quick!.block_time, 250);
    assert.deepEqual([poll('quick'), poll('slow'), poll('set'), poll('between')], [1000, 15_000, 9000, 4000]);
  });

  it('gives a config that cannot be changed', () => {
    const { config } = accept(smallest);
    assert.throws(() => {
      config.chains.local!.failover.deadline = 1;
    }, TypeError);
  });

  it('treats a key without a value as not written, and a section without content as one with its defaults', () => {
    const { config } = accept(
      'server:\n  port:\nlog:\nchains:\n  a:\n    chain_id: 5\n    devnet:\n    failover:\n',
    );
    assert.equal(config.server.port, 4000);
    assert.equal(config.chains.a!.devnet!.providers, 3);
  });

  it('tells all errors at once, in the order of the file', () => {
    const text = [
      'server: { prot: 4001, host: "no host" }',
      'log: { level: warm }',
      'chains:',
      '  a:',
      '    chain_id: one',
      '    failover: { deadline: 1 fortnight }',
      '    providers:',
      '      - { id: x, url: "wss://x.example" }',
      '      - { id: x, url: "https://y.example" }',
      '      - { id: z }',
      '  B: { chain_id: 2, devnet: {} }',
    ].join('\n');
    const { diagnostics } = reject(text);
    assert.deepEqual(
      diagnostics.map(({ code, line }) => `${line} ${code}`),
      [
        '1 config_unknown_key',
        '1 config_invalid_value',
        '2 config_invalid_value',
        '5 config_invalid_value',
        '6 config_invalid_value',
        '8 config_invalid_value',
        '9 config_duplicate_name',
        '10 config_missing_key',
        '11 config_invalid_name',
      ],
    );
  });

  it('points at the value, with line and column', () => {
    const error = onlyError(`# first line\nserver:\n  port: 70000\n${smallest}`);
    assert.deepEqual([error.line, error.column, error.endColumn], [3, 9, 14]);
    assert.equal(error.path, 'server.port');
    assert.equal(error.excerpt, '  port: 70000');
    assert.equal(error.message, '`server.port`: expected a whole number from 0 to 65535, not 70000');
  });

  it('quotes a string that is not as expected, and leaves numbers and words of YAML bare', () => {
    for (const [written, shown] of [
      ['many', '"many"'],
      ['"many"', '"many"'],
      ["'70000'", '"70000"'],
      ['-1', '-1'],
      ['1.5', '1.5'],
      ['true', 'true'],
    ]) {
      const { message } = onlyError(`server:\n  port: ${written}\n${smallest}`);
      assert.equal(message, `\`server.port\`: expected a whole number from 0 to 65535, not ${shown}`);
    }
  });

  it('does not suggest a key that stands beside the unknown one', () => {
    const { hint } = onlyError(`server:\n  port: 4000\n  prot: 4000\n${smallest}`);
    assert.doesNotMatch(hint ?? '', /did you mean/);
  });

  it('points at the section when a key without default is missing', () => {
    const error = onlyError('chains:\n  a:\n    devnet: {}\n');
    assert.equal(error.code, 'config_missing_key');
    assert.deepEqual([error.line, error.column], [2, 3]);
    assert.match(error.message, /`chains\.a` has no `chain_id`/);
  });

  it('reports an error in `defaults` where it stands, and once', () => {
    const error = onlyError(
      'defaults: { failover: { deadline: never } }\nchains:\n  a: { chain_id: 1, devnet: {} }\n  b: { chain_id: 2, devnet: {} }\n',
    );
    assert.deepEqual([error.line, error.path], [1, 'defaults.failover.deadline']);
  });

  it('says what an empty file and a file without sections lack', () => {
    assert.match(onlyError('').message, /empty/);
    assert.match(onlyError('# only a comment\n').message, /empty/);
    assert.match(onlyError('hello').message, /no sections/);
    assert.match(onlyError('server: {}').message, /`chains` is missing/);
    assert.match(onlyError('chains: {}').message, /names no chain/);
  });

  it('refuses keys that stand twice, and names the line of the first', () => {
    const error = onlyError('chains:\n  a: { chain_id: 1, devnet: {} }\n  a: { chain_id: 2, devnet: {} }\n');
    assert.equal(error.code, 'config_duplicate_key');
    assert.deepEqual([error.line, error.column], [3, 3]);
    assert.match(error.message, /first in line 2/);
  });

  it('accepts `constructor` as the name of a chain and refuses `__proto__` anywhere', () => {
    const { config } = accept('chains: { constructor: { chain_id: 1, devnet: {} } }');
    assert.equal(Object.entries(config.chains)[0]![1].chain_id, 1);
    assert.equal(config.chains.toString, undefined);
    for (const text of [
      'chains: { __proto__: { chain_id: 1, devnet: {} }, a: { chain_id: 2, devnet: {} } }',
      `__proto__: { polluted: 1 }\n${smallest}`,
      withChain('', '- { id: a, url: "https://a.example", headers: { __proto__: x } }'),
    ]) {
      assert.equal(onlyError(text).code, 'config_unknown_key', text);
    }
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  });

  it('takes names of chains that are words, and no others', () => {
    for (const name of ['a', 'eth-mainnet', '0g', 'x1'])
      accept(`chains: { ${name}: { chain_id: 1, devnet: {} } }`);
    for (const name of ['Eth', 'eth_main', '"a b"', '1', '"12-3"', '-a', `"${'a'.repeat(64)}"`, '"ä"']) {
      assert.equal(
        onlyError(`chains: { ${name}: { chain_id: 1, devnet: {} } }`).code,
        'config_invalid_name',
        name,
      );
    }
  });

  it('proposes a name for a chain that has a forbidden one', () => {
    assert.equal(
      onlyError('chains: { Eth Mainnet: { chain_id: 1, devnet: {} } }').hint,
      'write `eth-mainnet`',
    );
  });

  it('resolves anchors and merge keys', () => {
    const { config } = accept(
      'chains:\n  a: &base { chain_id: 1, devnet: { providers: 2 } }\n  b: { <<: *base, chain_id: 2 }\n',
    );
    assert.equal(config.chains.b!.chain_id, 2);
    assert.equal(config.chains.b!.devnet!.providers, 2);
  });

  it('refuses headers that the connection itself sets, and values with line ends', () => {
    const bad = withChain(
      '',
      '- { id: a, url: "https://a.example", headers: { Content-Length: "3", X-Ok: "a\\nb" } }',
    );
    const { diagnostics } = reject(bad);
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['config_invalid_name', 'config_invalid_value'],
    );
  });
});
