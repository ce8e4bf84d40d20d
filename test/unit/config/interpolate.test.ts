import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { accept, onlyError, reject, smallest, withChain } from './sample-config.ts';

const provider = (url: string) =>
  withChain('', `- { id: fixed, url: "https://fixed.example" }\n- { id: x, url: "${url}" }`);
const urlOf = (text: string, env: Record<string, string>) =>
  accept(text, env).config.chains.main!.providers.find(({ id }) => id === 'x')?.url;

describe('environment variables in a config', () => {
  it('take the place of references', () => {
    assert.equal(
      urlOf(provider('https://${HOST}/v3/${KEY}'), { HOST: 'h.example', KEY: 'k' }),
      'https://h.example/v3/k',
    );
  });

  it('fall back to the text after `:-` when unset or empty', () => {
    const text = provider('https://${HOST:-d.example}/');
    assert.equal(urlOf(text, {}), 'https://d.example/');
    assert.equal(urlOf(text, { HOST: '' }), 'https://d.example/');
    assert.equal(urlOf(text, { HOST: 'e.example' }), 'https://e.example/');
  });

  it('may stand for numbers, durations, booleans and words', () => {
    const env = { PORT: '4100', WAIT: '3s', ON: 'false', LEVEL: 'debug' };
    const text =
      'server: { port: "${PORT}", drain_timeout: "${WAIT}" }\nlog:\n  level: ${LEVEL}\nchains:\n  a:\n    chain_id: 1\n    enabled: ${ON}\n    devnet: {}\n';
    const { config } = accept(text, env);
    assert.deepEqual(
      [config.server.port, config.server.drain_timeout, config.log.level],
      [4100, 3000, 'debug'],
    );
    assert.equal(config.chains.a!.enabled, false);
  });

  it('stay one scalar whatever they contain: YAML, quotes, comments, `$1`, further references', () => {
    const values = [
      'a: { b: c }',
      '"',
      "'",
      '$1$&$`',
      '${HOME}',
      '$$',
      'x # y',
      '*alias',
      '- item',
      'true',
      '0x10',
      '!!binary x',
    ];
    for (const value of values) {
      const text = withChain('', '- { id: a, url: "https://a.example", headers: { X-Probe: "${PROBE}" } }');
      const { config } = accept(text, { PROBE: value, HOME: 'must-not-appear' });
      assert.equal(config.chains.main!.providers[0]!.headers['X-Probe'], value);
    }
  });

  it('cannot add keys or providers', () => {
    const injected = 'https://a.example" }\n      - { id: evil, url: "https://evil.example';
    const { diagnostics } = reject(provider('${URL}'), { URL: injected });
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['config_invalid_value'],
    );
  });

  it('are escaped by a doubled dollar sign; a lone one stays', () => {
    const text = withChain(
      '',
      '- { id: a, url: "https://a.example", headers: { A: "$$", B: "$${X}", C: "$1 $", D: "$$$$" } }',
    );
    assert.deepEqual(
      { ...accept(text, { X: 'no' }).config.chains.main!.providers[0]!.headers },
      {
        A: '$',
        B: '${X}',
        C: '$1 $',
        D: '$$',
      },
    );
  });

  it('leave out a provider that needs an unset one, naming each variable once', () => {
    const text = withChain(
      '',
      '- { id: a, url: "https://a.example/${KEY}/${OTHER}", ws_url: "wss://a.example/${KEY}" }\n- { id: b, url: "https://b.example" }',
    );
    const { config, leftOut } = accept(text, { OTHER: '' });
    assert.deepEqual(leftOut, [{ chain: 'main', provider: 'a', variables: ['KEY', 'OTHER'] }]);
    assert.deepEqual(
      config.chains.main!.providers.map(({ id }) => id),
      ['b'],
    );
  });

  it('leave a chain valid with no provider at all', () => {
    const { config, leftOut } = accept(
      withChain('', '- { id: a, url: "${URL}" }\n- { id: b, ws_url: "wss://b/${KEY}" }'),
    );
    assert.deepEqual(config.chains.main!.providers, []);
    assert.deepEqual(
      leftOut.map(({ provider: id }) => id),
      ['a', 'b'],
    );
  });

  it('leave out a provider whose id, priority or header they are, too', () => {
    const text = withChain(
      '',
      '- { id: "${ID}", url: "https://a.example" }\n- { id: b, url: "https://b.example", priority: "${P}" }\n- { id: c, url: "https://c.example", headers: { X: "${H}" } }',
    );
    const { leftOut } = accept(text);
    assert.deepEqual(
      leftOut.map(({ provider: id, variables }) => [id, ...variables]),
      [
        ['providers[0]', 'ID'],
        ['b', 'P'],
        ['c', 'H'],
      ],
    );
  });

  it('still check what else is wrong with a provider that is left out', () => {
    const { diagnostics } = reject(
      withChain('', '- { id: a, url: "https://a/${KEY}", priorty: 2 }\n- { id: A, url: "https://b" }'),
    );
    assert.deepEqual(
      diagnostics.map(({ code }) => code),
      ['config_unknown_key', 'config_duplicate_name'],
    );
  });

  it('are an error with its place when unset outside of providers', () => {
    const error = onlyError(`server:\n  port: \${PORT}\n${smallest}`);
    assert.equal(error.code, 'config_unset_variable');
    assert.deepEqual([error.line, error.column, error.endColumn], [2, 9, 16]);
    assert.match(error.message, /`server\.port` needs PORT/);
    assert.match(error.hint ?? '', /\$\{PORT:-/);
  });

  it('are refused where the reference is malformed, at its place', () => {
    for (const bad of ['${', '${}', '${1A}', '${A', '${A-b}', '${A:-{}}', '${A B}']) {
      const error = onlyError(`server:\n  host: "x${bad}"\n${smallest}`, { A: 'a' });
      assert.equal(error.code, 'config_bad_reference', bad);
      assert.deepEqual([error.line, error.column], [2, 11], bad);
    }
  });

  it('are not read from what an environment object inherits', () => {
    assert.equal(onlyError(`server:\n  host: "\${constructor}"\n${smallest}`).code, 'config_unset_variable');
  });

  it('are ignored in comments and in keys', () => {
    accept(`# \${NOT_SET}\n${smallest} # \${NOR_THIS}\n`);
    assert.equal(onlyError(`"\${KEY}": 1\n${smallest}`, { KEY: 'server' }).code, 'config_unknown_key');
  });

  it('need quotes inside braces, and the error says so', () => {
    const { diagnostics } = reject('chains: { a: { chain_id: 1, providers: [{ id: x, url: ${URL} }] } }');
    assert.equal(diagnostics[0]!.code, 'config_syntax');
    assert.match(diagnostics[0]!.hint ?? '', /needs quotes/);
  });
});
